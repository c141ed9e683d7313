import type { ArbitrationDetail, ArbitrationVote } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { arbitrationQueries } from '../../api/arbitration.ts'
import { useJudgingNews } from '../../app/use-judging-news.ts'
import { formatShare } from '../../format/number.ts'
import { BecauseList } from '../../ui/because-list.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { LinkButton } from '../../ui/link-button.tsx'
import { MarkedWord } from '../../ui/mark.tsx'
import { Facts, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Explained, Instant, Unknown } from '../../ui/value.tsx'
import { SubjectLink } from '../judgments/words.tsx'
import classes from './arbitration.module.css'
import { Standings } from './standings.tsx'
import { ArbitrationTabs, auditWords, GoldMark, OutcomeWord, PolicyName, policyWords, signed } from './words.tsx'

/** One verdict: what it is, why, on whose word, by which policy, and the way to its proof. */
export function ArbitrationPage() {
  useJudgingNews('arbitration')
  const { arbitrationId } = useParams({ from: '/inside/arbitrations/$arbitrationId' })
  const one = useQuery(arbitrationQueries.one(arbitrationId))
  const found = one.data
  return (
    <>
      <PageHead
        title={found === undefined ? 'Arbitration' : found.metric}
        tab={found === undefined ? 'Arbitration' : `Arbitration of ${found.metric}`}
        lead={found === undefined ? undefined : <SubjectLink judgment={found} />}
      >
        {found === undefined ? null : (
          <>
            <LinkButton
              to="/qa/traces/$correlationId"
              params={{ correlationId: found.correlationId }}
              variant="default"
            >
              What led to it
            </LinkButton>
            <LinkButton
              to="/ledger/events/$eventId"
              params={{ eventId: found.eventId }}
              leftSection={<Icon name="shield" size={14} />}
              data-testid="verify-arbitration"
            >
              Verify this verdict
            </LinkButton>
          </>
        )}
      </PageHead>
      <ArbitrationTabs />
      {one.error !== null ? (
        <ProblemPanel error={one.error} onRetry={() => void one.refetch()} />
      ) : found === undefined ? (
        <Placeholder height={520} />
      ) : (
        <div className={classes['page']}>
          <div className={classes['column']}>
            <Verdict found={found} />
            <Votes found={found} />
          </div>
          <div className={classes['column']}>
            <Policy found={found} />
            <History found={found} />
          </div>
        </div>
      )}
    </>
  )
}

function Verdict({ found }: { readonly found: ArbitrationDetail }) {
  const { outcome, winner, probability, confidenceGap, gapMin, because, dissent, audit, isCurrent } = found
  return (
    <Panel
      title="Verdict"
      actions={<GoldMark verdict={winner} filled />}
      note={isCurrent ? undefined : 'A later one superseded it.'}
      testId="arbitration"
    >
      <div className={classes['stack']}>
        <Gap gap={confidenceGap} gapMin={gapMin} />
        <BecauseList lines={[because]} />
        <Facts
          items={[
            ['Outcome', <OutcomeWord key="outcome" outcome={outcome} />],
            ['Probability', formatShare(probability)],
            ['Confidence gap', signed(confidenceGap)],
            ['A human is asked', `below ${signed(gapMin)}`],
            ['Said otherwise', dissent.length === 0 ? 'nobody' : dissent.join(', ')],
            ['Decided', <Instant key="decided" at={found.decidedAt} />],
            [
              'Audit',
              audit === null ? (
                <Unknown key="audit" why="It was not drawn, and no human was asked." />
              ) : (
                <span key="audit">
                  {audit.state}, {auditWords[audit.kind]}
                  {audit.state === 'open' ? (
                    <>
                      {' · '}
                      <Link to="/audits" search={{ metric: found.metric }}>
                        answer it
                      </Link>
                    </>
                  ) : null}
                </span>
              ),
            ],
          ]}
        />
      </div>
    </Panel>
  )
}

/** From surely the other side to surely this one, with the line below which a human is asked. */
function Gap({ gap, gapMin }: { readonly gap: number; readonly gapMin: number }) {
  const place = (value: number) => `${50 + 50 * Math.max(-1, Math.min(1, value))}%`
  const [from, to] = gap < 0 ? [place(gap), '50%'] : ['50%', place(gap)]
  return (
    <div
      className={classes['gap']}
      role="img"
      aria-label={`Confidence gap ${signed(gap)}; below ${signed(gapMin)} a human is asked`}
    >
      <i className={classes['fill']} data-enough={gap >= gapMin} style={{ left: from, right: `calc(100% - ${to})` }} />
      <i className={classes['middle']} />
      <i className={classes['line']} style={{ left: place(gapMin) }} />
      <span data-edge={gapMin > 0.7} style={{ left: place(gapMin) }}>
        human below
      </span>
    </div>
  )
}

function Votes({ found }: { readonly found: ArbitrationDetail }) {
  const { votes, winner } = found
  const widest = Math.max(...votes.map(({ weight }) => Math.abs(weight ?? 0)), 1e-9)
  return (
    <Panel title="Votes" note={`What each word weighed under ${found.policy}`} flush testId="votes">
      <table className={classes['votes']}>
        <thead>
          <tr>
            <th scope="col">Judge</th>
            <th scope="col">Said</th>
            <th scope="col">Weight</th>
          </tr>
        </thead>
        <tbody>
          {votes.map((vote) => (
            <tr key={`${vote.judge} ${vote.order}`} data-dissent={vote.verdict !== null && vote.verdict !== winner}>
              <td>
                <Link to="/judgments/$judgmentId" params={{ judgmentId: vote.judgmentId }}>
                  {vote.judge}
                </Link>{' '}
                <span className="faint">
                  {vote.judgeKind}
                  {vote.order === null ? '' : `, ${vote.order}`}
                </span>
              </td>
              <td>
                {vote.verdict === null ? (
                  <MarkedWord tone="unknown" word="abstained" />
                ) : (
                  <GoldMark verdict={vote.verdict} />
                )}
              </td>
              <td>
                <Weight vote={vote} widest={widest} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  )
}

function Weight({ vote: { weight, verdict }, widest }: { readonly vote: ArbitrationVote; readonly widest: number }) {
  if (weight === null)
    return <Unknown why={verdict === null ? 'An abstention weighs nothing.' : 'The fit does not know this judge.'} />
  const share = `${(50 * Math.abs(weight)) / widest}%`
  return (
    <Explained
      tip={
        weight < 0 ? 'Audits showed it to be wrong so often that it speaks for the other side.' : 'For its own side.'
      }
    >
      <span className={classes['weight']}>
        <span className={classes['bar']} aria-hidden="true">
          <i
            data-against={weight < 0}
            style={weight < 0 ? { right: '50%', width: share } : { left: '50%', width: share }}
          />
        </span>
        {signed(weight)}
      </span>
    </Explained>
  )
}

function Policy({ found }: { readonly found: ArbitrationDetail }) {
  const { policy, policyBecause, fit, standings, rulesVersion } = found
  return (
    <Panel title="Policy" actions={<PolicyName policy={policy} />} note={policyWords[policy]} testId="policy">
      <div className={classes['stack']}>
        <BecauseList lines={[policyBecause]} />
        <Standings standings={standings} inUse={policy} />
        <Facts
          items={[
            [
              'Fit',
              fit === null ? (
                <Unknown key="fit" why="Nothing was fitted yet: votes were counted." />
              ) : (
                <span key="fit">
                  version {fit.version}, <Instant at={fit.fittedAt} precision="minute" />
                </span>
              ),
            ],
            ['Learnt from', fit === null ? 'nothing yet' : `${fit.audits} labelled of ${fit.items} items`],
            [
              'Digest of the fit',
              fit === null ? (
                <Unknown key="digest" why="There is no fit." />
              ) : (
                <span key="digest">
                  <code>{fit.digest.slice(0, 15)}…</code> <CopyButton text={fit.digest} what="the digest" />
                </span>
              ),
            ],
            [
              'Governance',
              <Link key="rules" to="/settings/arbitration-rules">
                rules, version {rulesVersion}
              </Link>,
            ],
          ]}
        />
      </div>
    </Panel>
  )
}

function History({ found }: { readonly found: ArbitrationDetail }) {
  return (
    <Panel title="History" note="Of this subject and metric, the newest first" testId="arbitration-history">
      <ol className={classes['history']}>
        {found.history.map(({ arbitrationId, winner, outcome, probability, decidedAt }) => (
          <li key={arbitrationId} aria-current={arbitrationId === found.arbitrationId ? 'true' : undefined}>
            <Link to="/arbitrations/$arbitrationId" params={{ arbitrationId }}>
              <GoldMark verdict={winner} />
            </Link>
            <span>
              {outcome}, {formatShare(probability)}
            </span>
            <Instant at={decidedAt} precision="second" />
          </li>
        ))}
      </ol>
    </Panel>
  )
}
