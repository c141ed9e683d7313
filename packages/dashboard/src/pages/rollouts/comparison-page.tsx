import type { Comparison } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { queries } from '../../api/queries.ts'
import { formatCount, formatPValue } from '../../format/number.ts'
import { Actor } from '../../ui/actor.tsx'
import { BecauseList } from '../../ui/because-list.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { LinkButton } from '../../ui/link-button.tsx'
import { VerdictMark } from '../../ui/mark.tsx'
import { Facts, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Duration, Instant, Money } from '../../ui/value.tsx'
import { Discordants, DurationRatios, SuccessRates } from './evidence.tsx'
import classes from './rollouts.module.css'

/** One decision between two releases: the verdict, why, the evidence, and the way to its proof. */
export function ComparisonPage() {
  const { comparisonId } = useParams({ from: '/inside/comparisons/$comparisonId' })
  const comparison = useQuery(queries.comparison(comparisonId))
  if (comparison.error !== null)
    return <ProblemPanel error={comparison.error} onRetry={() => void comparison.refetch()} />
  if (comparison.data === undefined) return <Placeholder height="80vh" />
  return <Decision comparison={comparison.data} />
}

function Decision({ comparison }: { readonly comparison: Comparison }) {
  const { agent, agentId, control, candidate, environment, eventId, policy, pairing } = comparison
  return (
    <>
      <PageHead
        title={
          <>
            {control.release} → {candidate.release}
          </>
        }
        tab={`${comparison.verdict}: ${candidate.release}`}
        lead={
          <>
            <Link to="/agents/$agentId" params={{ agentId }}>
              {agent}
            </Link>
            {` · ${environment ?? 'all environments'} · policy ${policy} · ${pairing === 'unit' ? 'paired by unit' : 'not paired'}`}
          </>
        }
      >
        <LinkButton
          to="/comparisons/new"
          search={{
            agentId,
            control: control.release,
            candidate: candidate.release,
            ...(environment && { environment }),
          }}
          variant="default"
        >
          Compare again
        </LinkButton>
        <LinkButton
          to="/ledger/events/$eventId"
          params={{ eventId }}
          leftSection={<Icon name="shield" size={14} />}
          data-testid="verify-decision"
        >
          Verify this decision
        </LinkButton>
      </PageHead>
      <div className={classes['parts']}>
        <Verdict comparison={comparison} />
        <div className={classes['evidence']}>
          <div className={classes['parts']}>
            <SuccessRates comparison={comparison} />
            <DurationRatios comparison={comparison} />
          </div>
          <div className={classes['parts']}>
            <Discordants comparison={comparison} />
            <Arms comparison={comparison} />
          </div>
        </div>
      </div>
    </>
  )
}

const verdictWords: Readonly<Record<Comparison['verdict'], string>> = {
  promote: 'The candidate may replace the control.',
  reject: 'The candidate must not replace the control.',
  hold: 'The candidate succeeds more, but it is not proven safe. Nothing changes until it is.',
  continue: 'The evidence does not tell them apart yet. Let both run on.',
}

function Verdict({ comparison }: { readonly comparison: Comparison }) {
  const { verdict, because, decidedAt, decidedBy, evidenceDigest, success } = comparison
  return (
    <section className={classes['verdict']} data-verdict={verdict} data-testid="verdict">
      <div className={classes['verdict-word']}>
        <VerdictMark verdict={verdict} />
        <p>{verdictWords[verdict]}</p>
      </div>
      <div>
        <h2>Because</h2>
        <BecauseList lines={[because]} />
      </div>
      <Facts
        items={[
          ['Test', testWords[success.test]],
          ['p value', `${formatPValue(success.pValue)} (α ${success.alpha})`],
          ['Decided', <Instant key="at" at={decidedAt} />],
          ['Decided by', <Actor key="by" name={decidedBy} />],
          [
            'Digest of the evidence',
            <span key="digest">
              <code>{evidenceDigest.slice(0, 10)}…</code> <CopyButton text={evidenceDigest} what="the digest" />
            </span>,
          ],
        ]}
      />
    </section>
  )
}

const testWords: Readonly<Record<Comparison['success']['test'], string>> = {
  'exact-mcnemar': 'exact McNemar, paired',
  'exact-sign-flip': 'exact sign flip, paired',
  'normal-sign-flip': 'sign flip, paired, normal limit',
  'fisher-exact': 'Fisher’s exact, not paired',
}

function Arms({ comparison: { control, candidate } }: { readonly comparison: Comparison }) {
  const row = (label: string, of: (arm: Comparison['control']) => React.ReactNode) => (
    <tr>
      <th scope="row">{label}</th>
      <td>{of(control)}</td>
      <td>{of(candidate)}</td>
    </tr>
  )
  return (
    <Panel title="Both releases" note="What was known when it was decided">
      <table className={classes['arms']}>
        <thead>
          <tr>
            <th scope="col">
              <span className="visually-hidden">Figure</span>
            </th>
            <th scope="col">Control</th>
            <th scope="col">Candidate</th>
          </tr>
        </thead>
        <tbody>
          {row('Release', ({ release }) => release)}
          {row('Executions', ({ executions }) => formatCount(executions))}
          {row('Outcomes known', ({ outcomesKnown }) => formatCount(outcomesKnown))}
          {row('Successes', ({ successes }) => formatCount(successes))}
          {row('Mean duration', ({ meanDurationMs }) => (
            <Duration ms={meanDurationMs} why="No duration was measured." />
          ))}
          {row(
            'Durations known',
            ({ durationsKnown, executions }) => `${formatCount(durationsKnown)} of ${formatCount(executions)}`,
          )}
          {row('Cost', ({ costNanoUsd }) => (
            <Money nanoUsd={costNanoUsd} />
          ))}
          {row(
            'Costs known',
            ({ costsKnown, executions }) => `${formatCount(costsKnown)} of ${formatCount(executions)}`,
          )}
        </tbody>
      </table>
    </Panel>
  )
}
