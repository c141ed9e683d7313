import { type ApprovalRequest, Impact } from '@metaagent/contract'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { defined } from '../../address/search.ts'
import { governanceQueries } from '../../api/governance.ts'
import { queries } from '../../api/queries.ts'
import { Choice } from '../../ui/choice.tsx'
import { Empty, PageHead, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { ApprovalCard } from './approval-card.tsx'
import classes from './approvals.module.css'
import { type ApprovalState, type ApprovalsSearch, approvalStates } from './search.ts'

/** What waits for a person's word: each request with the exact action, why it needs approval, and who may give it. */
export function ApprovalsPage() {
  const search = useSearch({ from: '/inside/approvals' })
  const { state = 'pending' } = search
  const navigate = useNavigate()
  const choices = useQuery(governanceQueries.filters())
  const list = useInfiniteQuery(queries.approvals({ ...search, state }))
  const change = (values: { [Key in keyof ApprovalsSearch]?: ApprovalsSearch[Key] | undefined }) =>
    void navigate({ to: '/approvals', search: defined({ ...search, ...values }), replace: true })
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
          onChange={(chosen) => change({ state: approvalStates.find((known) => known === chosen) })}
          width={130}
        />
        <Choice
          label="Kind"
          all="Every kind"
          value={search.kind}
          options={choices.data?.kinds ?? []}
          onChange={(kind) => change({ kind })}
        />
        <Choice
          label="Environment"
          all="Every environment"
          value={search.environment}
          options={choices.data?.environments ?? []}
          onChange={(environment) => change({ environment })}
          width={160}
        />
        <Choice
          label="Impact"
          all="Every impact"
          value={search.impact}
          options={Impact.options.map((value) => ({ value, label: value.toLowerCase() }))}
          onChange={(impact) => change({ impact: Impact.options.find((known) => known === impact) })}
          width={140}
        />
      </PageHead>
      {list.error !== null ? (
        <ProblemPanel error={list.error} onRetry={() => void list.refetch()} />
      ) : items === undefined ? (
        <Placeholder height={320} />
      ) : items.length === 0 ? (
        <Empty title={isFiltered(search) ? 'No request is like that' : emptyTitle(state)}>
          {isFiltered(search) ? 'Choose less above to see more.' : emptyWords[state]}
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

const isFiltered = ({ kind, environment, impact }: ApprovalsSearch) =>
  kind !== undefined || environment !== undefined || impact !== undefined

const emptyTitle = (state: ApprovalState) => (state === 'pending' ? 'Nothing waits for you' : `No request is ${state}`)

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
