import type { ApprovalRequest } from '@metaagent/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { queries } from '../../api/queries.ts'
import { Choice } from '../../ui/choice.tsx'
import { Empty, PageHead, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { ApprovalCard } from './approval-card.tsx'
import classes from './approvals.module.css'
import { type ApprovalState, approvalStates } from './search.ts'

/** What waits for a person's word: each request with the exact action, why it needs approval, and who may give it. */
export function ApprovalsPage() {
  const { state = 'pending' } = useSearch({ from: '/inside/approvals' })
  const navigate = useNavigate()
  const list = useInfiniteQuery(queries.approvals({ state }))
  const items = list.data?.pages.flatMap((page) => page.items)
  return (
    <>
      <PageHead
        title="Approvals"
        tab="Approvals"
        lead="Changes with impact wait here for the people who may allow them."
      >
        <Choice
          label="State"
          all="Waiting"
          value={state === 'pending' ? undefined : state}
          options={approvalStates.filter((known) => known !== 'pending')}
          onChange={(chosen) => {
            const next = approvalStates.find((known) => known === chosen)
            void navigate({ to: '/approvals', search: next === undefined ? {} : { state: next }, replace: true })
          }}
        />
      </PageHead>
      {list.error !== null ? (
        <ProblemPanel error={list.error} onRetry={() => void list.refetch()} />
      ) : items === undefined ? (
        <Placeholder height={320} />
      ) : items.length === 0 ? (
        <Empty title={state === 'pending' ? 'Nothing waits for you' : `No request is ${state}`}>
          {emptyWords[state]}
        </Empty>
      ) : (
        <Requests items={items} />
      )}
      {list.hasNextPage ? (
        <button type="button" className={classes['more']} onClick={() => void list.fetchNextPage()}>
          Load more
        </button>
      ) : null}
    </>
  )
}

const emptyWords: Readonly<Record<ApprovalState, string>> = {
  pending: 'When an agent or a person asks for something that your rules do not allow by itself, it stands here.',
  approved: 'Approved requests wait here until they are used.',
  rejected: 'Requests that somebody refused stand here.',
  expired: 'Requests that nobody answered in time stand here.',
  consumed: 'An approval is used once; used ones stand here.',
}

function Requests({ items }: { readonly items: readonly ApprovalRequest[] }) {
  return (
    <ul className={classes['list']} data-testid="approval-list">
      {items.map((request) => (
        <li key={request.approvalId}>
          <ApprovalCard request={request} />
        </li>
      ))}
    </ul>
  )
}
