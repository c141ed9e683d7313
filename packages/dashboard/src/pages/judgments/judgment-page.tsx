import { Button, TextInput } from '@mantine/core'
import type { Judgment } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { judgmentApi, judgmentQueries } from '../../api/judgments.ts'
import { queries } from '../../api/queries.ts'
import { useJudgingNews } from '../../app/use-judging-news.ts'
import { Actor } from '../../ui/actor.tsx'
import { LinkButton } from '../../ui/link-button.tsx'
import { MarkedWord } from '../../ui/mark.tsx'
import { Facts, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Instant, Unknown } from '../../ui/value.tsx'
import { CountsAs, Judge } from './judgment-columns.tsx'
import classes from './judgments.module.css'
import { detailWords, Score, SubjectLink, scaleWords, TypeMark } from './words.tsx'

/** One judgment as it was given, what others said of the same, and what is known to be right. */
export function JudgmentPage() {
  useJudgingNews('judgments')
  const { judgmentId } = useParams({ from: '/inside/judgments/$judgmentId' })
  const one = useQuery(judgmentQueries.one(judgmentId))
  const judgment = one.data
  return (
    <>
      <PageHead
        title={judgment === undefined ? 'Judgment' : judgment.metric}
        tab={judgment === undefined ? 'Judgment' : `Judgment of ${judgment.metric}`}
        lead={judgment === undefined ? undefined : <SubjectLink judgment={judgment} />}
      >
        {judgment === undefined ? null : (
          <LinkButton
            to="/qa/traces/$correlationId"
            params={{ correlationId: judgment.correlationId }}
            variant="default"
          >
            What it led to
          </LinkButton>
        )}
      </PageHead>
      {one.error !== null ? (
        <ProblemPanel error={one.error} onRetry={() => void one.refetch()} />
      ) : judgment === undefined ? (
        <Placeholder height={420} />
      ) : (
        <div className={classes['page']}>
          <div className={classes['column']}>
            <Said judgment={judgment} />
            <Same judgment={judgment} />
          </div>
          <Right key={judgment.judgmentId} judgment={judgment} />
        </div>
      )}
    </>
  )
}

function Said({ judgment }: { readonly judgment: Judgment }) {
  const { label, explanation, confidence, order, scale, details, source } = judgment
  const told = detailWords(details)
  return (
    <Panel title="What was said" actions={<TypeMark type={judgment.type} filled />} testId="judgment">
      <Facts
        items={[
          ['Judge', <Judge key="judge" judgment={judgment} />],
          ['Score', <Score key="score" judgment={judgment} />],
          [
            'Scale',
            scale === null ? <Unknown key="scale" why="The judge did not tell its scale." /> : scaleWords(scale),
          ],
          [
            'Confidence',
            confidence === null ? (
              <Unknown key="confidence" why="The judge did not say how sure it is." />
            ) : (
              `${Math.round(confidence * 100)} %`
            ),
          ],
          ['Order seen', order ?? <Unknown key="order" why="Nothing was compared, or the judge did not say." />],
          ['Counts as', <CountsAs key="counts" judgment={judgment} />],
          ['Observed', <Instant key="observed" at={judgment.observedAt} />],
          ['Recorded', <Instant key="recorded" at={judgment.recordedAt} />],
          ['Came by', source],
        ]}
      />
      {told === null ? null : <p>{told}</p>}
      <h3 className={classes['heading']}>In the judge’s words</h3>
      {label === null ? null : <p className={classes['quote']}>{label}</p>}
      {explanation === null ? null : <p className={classes['quote']}>{explanation}</p>}
      {label === null && explanation === null ? <p className="soft">None were given, or they were erased.</p> : null}
    </Panel>
  )
}

/** What everybody said of the same subject and metric: whether they agree is what arbitration decides on. */
function Same({ judgment }: { readonly judgment: Judgment }) {
  const same = useQuery(judgmentQueries.same(judgment))
  const others = same.data?.items.filter(({ judgmentId }) => judgmentId !== judgment.judgmentId)
  return (
    <Panel title="What others said" note="Of the same subject and metric, the newest first" testId="judgment-same">
      {same.error !== null ? (
        <ProblemPanel error={same.error} compact onRetry={() => void same.refetch()} />
      ) : others === undefined ? (
        <Placeholder height={72} />
      ) : others.length === 0 ? (
        <p className="soft">Nobody else has judged it.</p>
      ) : (
        <ol className={classes['list']}>
          {others.map((other) => (
            <li key={other.judgmentId}>
              <Link to="/judgments/$judgmentId" params={{ judgmentId: other.judgmentId }}>
                <TypeMark type={other.type} />
              </Link>
              <Judge judgment={other} />
              {other.score === null ? <span /> : <Score judgment={other} />}
              <Instant at={other.observedAt} precision="minute" />
            </li>
          ))}
        </ol>
      )}
    </Panel>
  )
}

/** What the verdict ought to be: a label that whoever may can give, change and take back. */
function Right({ judgment }: { readonly judgment: Judgment }) {
  const { subject, metric } = judgment
  const client = useQueryClient()
  const me = useQuery(queries.me())
  const label = useQuery(judgmentQueries.label({ subject, metric }))
  const [note, setNote] = useState('')
  const save = useMutation({
    mutationFn: (verdict: 'pass' | 'fail' | null) => judgmentApi.label({ subject, metric }, verdict, note.trim()),
    onSuccess: async () => {
      setNote('')
      await client.invalidateQueries({ queryKey: ['judgments'] })
    },
  })
  const mayLabel = me.data?.scopes.includes('labels:write') === true
  const known = label.data
  return (
    <Panel
      title="What is right"
      note="Judges are measured against labels. A later one replaces the one before it."
      testId="judgment-label"
    >
      {label.error !== null ? (
        <ProblemPanel error={label.error} compact onRetry={() => void label.refetch()} />
      ) : known === undefined ? (
        <Placeholder height={60} />
      ) : (
        <div className={classes['column']}>
          {known === null || known.verdict === null ? (
            <p className="soft">{known === null ? 'Nobody has labelled it.' : 'Its label was taken back.'}</p>
          ) : (
            <p>
              <MarkedWord tone={known.verdict === 'pass' ? 'healthy' : 'failing'} word={known.verdict} filled /> by{' '}
              <Actor name={known.labelledBy} />, <Instant at={known.recordedAt} precision="minute" />
              {known.note === null ? null : <span className={classes['quote']}>{known.note}</span>}
            </p>
          )}
          {save.error === null ? null : <ProblemPanel error={save.error} compact />}
          {mayLabel ? (
            <>
              <TextInput
                label="Note"
                placeholder="Why, for whoever looks at it again"
                value={note}
                onChange={({ currentTarget }) => setNote(currentTarget.value)}
                maxLength={5000}
              />
              <div className={classes['buttons']}>
                {known === null || known.verdict === null ? null : (
                  <Button variant="subtle" loading={save.isPending} onClick={() => save.mutate(null)}>
                    Take back
                  </Button>
                )}
                {(['pass', 'fail'] as const).map((verdict) => (
                  <Button
                    key={verdict}
                    variant="default"
                    loading={save.isPending}
                    disabled={known?.verdict === verdict}
                    onClick={() => save.mutate(verdict)}
                  >
                    {verdict === 'pass' ? 'It passes' : 'It fails'}
                  </Button>
                ))}
              </div>
            </>
          ) : (
            <p className="soft">Labelling needs the scope labels:write.</p>
          )}
        </div>
      )}
    </Panel>
  )
}
