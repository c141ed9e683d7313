import { useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { privacyQueries, readDeletions } from '../../api/privacy.ts'
import { queries } from '../../api/queries.ts'
import { addressOf } from '../../api/request.ts'
import { useLiveStream } from '../../app/use-live-stream.ts'
import { DataTabs } from '../../ui/data-tabs.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { AccessPanel } from './access-panel.tsx'
import { AskPanel } from './ask-panel.tsx'
import { DeletionCard } from './deletion-card.tsx'
import { HoldsPanel } from './holds-panel.tsx'
import classes from './privacy.module.css'

/** A person's rights: access, and deletion with preview, approval, progress and certificate; and legal holds, which beat it. */
export function PrivacyPage() {
  const { data: me } = useSuspenseQuery(queries.me())
  const mayRead = me.scopes.includes('privacy:read')
  const mayWrite = me.scopes.includes('privacy:write')
  return (
    <>
      <PageHead
        title="Personal data"
        tab="Personal data"
        lead="Give people what is kept of them, delete it when they ask, and keep what a court wants kept."
      />
      <DataTabs />
      {mayRead ? (
        <div className={classes['parts']}>
          <div className={classes['page']}>
            {mayWrite ? <AskPanel /> : null}
            <Requests />
          </div>
          <div className={classes['page']}>
            <AccessPanel mayWrite={mayWrite} />
            <HoldsPanel mayWrite={mayWrite} />
          </div>
        </div>
      ) : (
        <Empty title="Admins alone see this">
          Requests name people, so it takes the right <code>privacy:read</code>.
        </Empty>
      )}
    </>
  )
}

/** The list, kept up to date by the server's stream. */
function Requests() {
  const client = useQueryClient()
  const deletions = useQuery(privacyQueries.deletions())
  useLiveStream(addressOf('/privacy/deletion-stream', {}), ({ event, data }) => {
    if (event === 'deletions') client.setQueryData(privacyQueries.deletions().queryKey, readDeletions(data))
  })
  return (
    <Panel title="Deletions" testId="deletions">
      {deletions.error !== null ? (
        <ProblemPanel error={deletions.error} onRetry={() => void deletions.refetch()} />
      ) : deletions.data === undefined ? (
        <Placeholder height={180} />
      ) : deletions.data.length === 0 ? (
        <Empty title="Nobody asked yet">
          When a person asks you to delete what you keep of them, begin on this page with the name by which agents know
          them.
        </Empty>
      ) : (
        <ul className={classes['list']}>
          {deletions.data.map((deletion) => (
            <DeletionCard key={deletion.deletionId} deletion={deletion} />
          ))}
        </ul>
      )}
    </Panel>
  )
}
