import { Button, TextInput } from '@mantine/core'
import { type Audit, AuditKind, AuditState, type GoldVerdict } from '@metaagent/contract'
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { defined } from '../../address/search.ts'
import { arbitrationApi, arbitrationQueries } from '../../api/arbitration.ts'
import { queries } from '../../api/queries.ts'
import { useShortcuts } from '../../app/shortcuts.tsx'
import { useJudgingNews } from '../../app/use-judging-news.ts'
import { Choice } from '../../ui/choice.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago } from '../../ui/value.tsx'
import { shortSubject } from '../judgments/words.tsx'
import classes from './arbitration.module.css'
import { AuditedSubject } from './audited-subject.tsx'
import type { AuditsSearch } from './search.ts'
import { ArbitrationTabs, auditWords, GoldMark } from './words.tsx'

/** What humans are asked about, one after the other, by keyboard: what judges said stays covered until one wants it. */
export function AuditsPage() {
  useJudgingNews('arbitration')
  const search = useSearch({ from: '/inside/audits' })
  const list = useInfiniteQuery(arbitrationQueries.audits({ ...search }))
  const items = list.data?.pages.flatMap((page) => page.items)
  const isOpen = (search.state ?? 'open') === 'open'
  return (
    <>
      <PageHead
        title="Audits"
        tab="Audits"
        lead="What the verdict ought to be. Every answer teaches the policies how right each judge is."
      >
        <Filters />
      </PageHead>
      <ArbitrationTabs />
      {list.error !== null ? (
        <ProblemPanel error={list.error} onRetry={() => void list.refetch()} />
      ) : items === undefined ? (
        <Placeholder height={420} />
      ) : items.length === 0 ? (
        <Empty title={isOpen ? 'Nobody is asked anything' : 'No audit is like that'}>
          A random share of all verdicts, disagreements and everything not sure enough come here.
        </Empty>
      ) : (
        <Queue
          // Other filters begin another queue.
          key={JSON.stringify(search)}
          items={items}
          isOpen={isOpen}
          onEnd={() => list.hasNextPage && !list.isFetchingNextPage && void list.fetchNextPage()}
        />
      )}
    </>
  )
}

function Filters() {
  const search = useSearch({ from: '/inside/audits' })
  const navigate = useNavigate()
  const metrics = useQuery(arbitrationQueries.metrics())
  const change = (values: { [Key in keyof AuditsSearch]?: AuditsSearch[Key] | undefined }) =>
    void navigate({ to: '/audits', search: defined({ ...search, ...values }), replace: true })
  return (
    <>
      <Choice
        label="Why"
        all="For any reason"
        value={search.kind}
        options={AuditKind.options.map((value) => ({ value, label: auditWords[value] }))}
        onChange={(kind) => change({ kind: AuditKind.options.find((known) => known === kind) })}
        width={160}
      />
      <Choice
        label="Metric"
        all="All metrics"
        value={search.metric}
        options={metrics.data?.items.map(({ metric }) => metric) ?? []}
        onChange={(metric) => change({ metric })}
      />
      <Choice
        label="State"
        all="Open"
        value={search.state}
        options={AuditState.options.filter((state) => state !== 'open')}
        onChange={(state) => change({ state: AuditState.options.find((known) => known === state) })}
        width={120}
      />
    </>
  )
}

type Answer = GoldVerdict | 'skip'

function Queue({
  items,
  isOpen,
  onEnd,
}: {
  readonly items: readonly Audit[]
  readonly isOpen: boolean
  readonly onEnd: () => void
}) {
  const me = useQuery(queries.me())
  const mayAnswer = isOpen && me.data?.scopes.includes('labels:write') === true
  const [chosenId, setChosenId] = useState<string | null>(null)
  const [answered, setAnswered] = useState<ReadonlyMap<string, Answer>>(new Map())
  const waiting = items.filter(({ auditId }) => !answered.has(auditId))
  const shown = items.find(({ auditId }) => auditId === chosenId) ?? waiting[0] ?? items[0]
  const at = items.findIndex((item) => item === shown)
  const walk = (step: 1 | -1) => {
    const next = items[at + step]
    if (next === undefined) onEnd()
    else setChosenId(next.auditId)
  }
  useShortcuts([
    { keys: 'j', label: 'Next audit', group: 'Audits', run: () => walk(1) },
    { keys: 'k', label: 'Audit before', group: 'Audits', run: () => walk(-1) },
  ])
  if (shown === undefined) return null
  const after = (answer: Answer) => {
    const next = new Map(answered).set(shown.auditId, answer)
    setAnswered(next)
    const following = [...items.slice(at + 1), ...items.slice(0, at)].find(({ auditId }) => !next.has(auditId))
    setChosenId(following?.auditId ?? null)
    if (following === undefined) onEnd()
  }
  return (
    <div className={classes['queue']}>
      <Panel title={isOpen ? `${waiting.length} waiting` : `${items.length} audits`} note="j and k walk" flush>
        <ol className={classes['audits']} data-testid="audit-list">
          {items.map((audit) => (
            <li key={audit.auditId}>
              <button
                type="button"
                aria-current={audit === shown ? 'true' : undefined}
                onClick={() => setChosenId(audit.auditId)}
              >
                <span className="truncate">
                  <strong>{audit.metric}</strong> {shortSubject(audit.subject)}
                </span>
                <Given
                  answer={answered.get(audit.auditId) ?? audit.verdict ?? (audit.state === 'skipped' ? 'skip' : null)}
                />
                <span className="faint">
                  {auditWords[audit.kind]}, <Ago at={audit.queuedAt} />
                </span>
              </button>
            </li>
          ))}
        </ol>
      </Panel>
      <div className={classes['column']}>
        {mayAnswer && !answered.has(shown.auditId) ? (
          <AnswerPanel key={`answer ${shown.auditId}`} audit={shown} onAnswered={after} />
        ) : null}
        <AuditedSubject key={`subject ${shown.auditId}`} audit={shown} />
      </div>
    </div>
  )
}

function Given({ answer }: { readonly answer: Answer | null }) {
  if (answer === null) return <span />
  return answer === 'skip' ? <span className="faint">skipped</span> : <GoldMark verdict={answer} />
}

function AnswerPanel({ audit, onAnswered }: { readonly audit: Audit; readonly onAnswered: (answer: Answer) => void }) {
  const client = useQueryClient()
  const [note, setNote] = useState('')
  const answer = useMutation({
    mutationFn: async (given: Answer) => {
      const explanation = note.trim() === '' ? null : note.trim()
      if (given === 'skip') await arbitrationApi.skipAudit(audit.auditId)
      else await arbitrationApi.labelAudit(audit.auditId, { verdict: given, explanation })
      return given
    },
    onSuccess: (given) => {
      onAnswered(given)
      // The list stays as it is while one works through it; what the answer changed elsewhere is read again.
      void client.invalidateQueries({ queryKey: ['arbitration', audit.arbitrationId] })
      void client.invalidateQueries({ queryKey: ['arbitration', 'metrics'] })
    },
  })
  const give = (given: Answer) => {
    if (!answer.isPending) answer.mutate(given)
  }
  useShortcuts([
    { keys: 'p', label: 'Pass', group: 'Audits', run: () => give('pass') },
    { keys: 'f', label: 'Fail', group: 'Audits', run: () => give('fail') },
    { keys: 's', label: 'Skip', group: 'Audits', run: () => give('skip') },
  ])
  return (
    <Panel title={<>Does it pass “{audit.metric}”?</>} testId="answer">
      <div className={classes['answer']}>
        <TextInput
          aria-label="Why (may stay empty)"
          placeholder="Why (may stay empty)"
          value={note}
          onChange={({ currentTarget }) => setNote(currentTarget.value)}
          maxLength={5_000}
        />
        <Button
          onClick={() => give('pass')}
          loading={answer.isPending && answer.variables === 'pass'}
          data-testid="pass"
        >
          Pass <kbd>p</kbd>
        </Button>
        <Button
          color="red"
          onClick={() => give('fail')}
          loading={answer.isPending && answer.variables === 'fail'}
          data-testid="fail"
        >
          Fail <kbd>f</kbd>
        </Button>
        <Button
          variant="default"
          onClick={() => give('skip')}
          loading={answer.isPending && answer.variables === 'skip'}
          data-testid="skip"
        >
          Skip <kbd>s</kbd>
        </Button>
      </div>
      {answer.error === null ? null : <ProblemPanel error={answer.error} compact />}
    </Panel>
  )
}
