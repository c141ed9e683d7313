import type { Conflict, ConflictMember, ConflictResolution } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { artifactQueries } from '../../api/artifacts.ts'
import { Actor } from '../../ui/actor.tsx'
import { BecauseList } from '../../ui/because-list.tsx'
import { type DiffShape, DiffView } from '../../ui/diff-view.tsx'
import { Facts, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago, Instant } from '../../ui/value.tsx'
import classes from './artifacts.module.css'
import { hunksBetween, textOf } from './difference.ts'
import { Effects, Strategies } from './strategies.tsx'
import { ArtifactTabs } from './tabs.tsx'
import { ConflictMark, Hash, Prose, SeverityMark, StateMark, strategyWords, typeWords } from './words.tsx'

/** One conflict: who claims what, why both cannot stand, and every way to end it. */
export function ConflictPage() {
  const { conflictId } = useParams({ from: '/inside/conflicts/$conflictId' })
  const conflict = useQuery(artifactQueries.conflict(conflictId))
  if (conflict.error !== null) return <ProblemPanel error={conflict.error} onRetry={() => void conflict.refetch()} />
  if (conflict.data === undefined) return <Placeholder height="70vh" />
  return <Loaded conflict={conflict.data} />
}

function Loaded({ conflict }: { readonly conflict: Conflict }) {
  const [done, setDone] = useState<ConflictResolution | null>(null)
  return (
    <>
      <PageHead
        title={conflict.subject}
        tab={conflict.subject}
        lead={
          <div className={classes['line']}>
            <ConflictMark state={conflict.state} filled />
            <SeverityMark severity={conflict.severity} />
            <span>
              {typeWords[conflict.type]} ({conflict.kind}), found <Ago at={conflict.detectedAt} />,{' '}
              {conflict.blocking ? 'blocks' : 'does not block'}, in <ProjectLink projectId={conflict.projectId} />
            </span>
          </div>
        }
      />
      <ArtifactTabs />
      <div className={classes['columns']}>
        <div className={classes['parts']}>
          <Panel title="Why" testId="conflict-why">
            <div className={classes['parts']}>
              <BecauseList lines={[conflict.because]} />
              {conflict.hints.length === 0 ? null : (
                <div>
                  <h3>What would end it</h3>
                  <ul className={classes['hints']}>
                    {conflict.hints.map((hint) => (
                      <li key={hint}>
                        <Prose text={hint} />
                      </li>
                    ))}
                  </ul>
                </div>
              )}
            </div>
          </Panel>
          <Sides conflict={conflict} />
        </div>
        <div className={classes['parts']}>
          {done === null ? null : <Effects resolution={done} />}
          {conflict.resolution === null ? (
            <Strategies conflict={conflict} onResolved={setDone} />
          ) : (
            <Resolution conflict={conflict} />
          )}
        </div>
      </div>
    </>
  )
}

function ProjectLink({ projectId }: { readonly projectId: string }) {
  const project = useQuery(artifactQueries.project(projectId))
  return (
    <Link to="/projects/$projectId" params={{ projectId }}>
      {project.data?.name ?? 'its project'}
    </Link>
  )
}

function Resolution({ conflict: { resolution } }: { readonly conflict: Conflict }) {
  if (resolution === null) return null
  const { strategy, because, reason, by, automatic, approvalId, at } = resolution
  return (
    <Panel title="How it was resolved" testId="conflict-resolution">
      <div className={classes['parts']}>
        <Facts
          items={[
            ['Strategy', strategyWords[strategy]],
            ['By', automatic ? 'MetaAgent, by itself' : <Actor key="by" name={by} />],
            ['When', <Instant key="at" at={at} precision="minute" />],
            ...(approvalId === null ? [] : ([['Approval', <code key="approval">{approvalId}</code>, 'wide']] as const)),
            ['Reason', reason, 'wide'],
          ]}
        />
        <BecauseList lines={[because]} />
      </div>
    </Panel>
  )
}

const rank = { standing: 0, newcomer: 1 } as const

/** The members beside each other with what each claims; two contents are compared. */
function Sides({ conflict }: { readonly conflict: Conflict }) {
  const members = conflict.members.toSorted((a, b) => rank[a.role] - rank[b.role])
  const [first, second] = members
  return (
    <>
      <div className={classes['halves']} data-testid="conflict-sides">
        {members.map((member) => (
          <Panel
            key={member.artifactId}
            title={
              <Link to="/artifacts/$artifactId" params={{ artifactId: member.artifactId }}>
                {member.name}
              </Link>
            }
            note={member.role === 'standing' ? 'Was there first' : 'Is kept out'}
          >
            <Facts
              items={[
                ['State', <StateMark key="state" state={member.state} />],
                ['Agent', member.agent ?? 'not named'],
                ['Priority', String(member.priority)],
                ['Version', String(member.version)],
                ['Content', <Hash key="hash" hash={member.contentHash} />],
                ['Its side', <code key="claim">{member.claim}</code>, 'wide'],
              ]}
            />
          </Panel>
        ))}
      </div>
      {members.length === 2 && first !== undefined && second !== undefined ? (
        <Contents first={first} second={second} />
      ) : null}
    </>
  )
}

function Contents({ first, second }: { readonly first: ConflictMember; readonly second: ConflictMember }) {
  const [shape, setShape] = useState<DiffShape>(() => (window.innerWidth < 700 ? 'unified' : 'split'))
  const one = useQuery(artifactQueries.version(first.artifactId, first.version))
  const other = useQuery(artifactQueries.version(second.artifactId, second.version))
  const error = one.error ?? other.error
  return (
    <Panel title="Both contents" note={`From ${first.name} to ${second.name}`} testId="conflict-contents">
      {error !== null ? (
        <ProblemPanel error={error} compact />
      ) : one.data === undefined || other.data === undefined ? (
        <Placeholder height={200} />
      ) : (
        <>
          <DiffView
            hunks={hunksBetween(one.data.content, other.data.content)}
            label={`What ${second.name} has otherwise than ${first.name}`}
            shape={shape}
            onShape={setShape}
            empty="Both hold the same."
          />
          {one.data.contentHash === other.data.contentHash ? (
            <pre className={classes['source']}>{textOf(one.data.content)}</pre>
          ) : null}
        </>
      )}
    </Panel>
  )
}
