import { useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { privacyQueries, readDeletions } from '../../api/privacy.ts'
import { queries } from '../../api/queries.ts'
import { addressOf } from '../../api/request.ts'
import { useLiveStream } from '../../app/use-live-stream.ts'
import { DataTabs } from '../../ui/data-tabs.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { AskPanel } from './ask-panel.tsx'
import { DeletionCard } from './deletion-card.tsx'
import classes from './privacy.module.css'

/** Deletes one person's data: shows what would go, asks for the approval, follows the work, hands out the certificate. */
export function PrivacyPage() {
  const { data: me } = useSuspenseQuery(queries.me())
  const mayRead = me.scopes.includes('privacy:read')
  return (
    <>
      <PageHead
        title="Delete a person’s data"
        tab="Delete data"
        lead="What runs said to and of one person goes; sums, figures and the ledger stay and name nobody."
      />
      <DataTabs />
      {mayRead ? (
        <div className={classes['page']}>
          {me.scopes.includes('privacy:write') ? <AskPanel /> : null}
          <Requests />
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
    <Panel title="Requests" testId="deletions">
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
