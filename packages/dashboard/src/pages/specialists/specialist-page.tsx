import { Button, Select } from '@mantine/core'
import type { Specialist, SpecialistVersion } from '@metaagent/contract'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { specialistApi, specialistQueries } from '../../api/specialists.ts'
import { formatShare } from '../../format/number.ts'
import { Actor } from '../../ui/actor.tsx'
import { BecauseList } from '../../ui/because-list.tsx'
import { GovernedSave } from '../../ui/governed-save.tsx'
import { LinkButton } from '../../ui/link-button.tsx'
import { Facts, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Instant, Money, Unknown } from '../../ui/value.tsx'
import { Documents } from './documents.tsx'
import { MovePanel } from './move-panel.tsx'
import classes from './specialists.module.css'
import { SpecialistMark } from './words.tsx'

/** One specialist: what a version says, what can be done with it, its documents, and how it came here. */
export function SpecialistPage() {
  const { specialistId } = useParams({ from: '/inside/specialists/$specialistId' })
  const search = useSearch({ from: '/inside/specialists/$specialistId' })
  const specialist = useQuery(specialistQueries.one(specialistId))
  if (specialist.error !== null)
    return <ProblemPanel error={specialist.error} onRetry={() => void specialist.refetch()} />
  if (specialist.data === undefined) return <Placeholder height="70vh" />
  const { versions } = specialist.data
  const version =
    versions.find((one) => one.version === search.version) ??
    versions.find(({ state }) => state === 'active') ??
    versions[0]
  if (version === undefined) return <Placeholder height="70vh" />
  return (
    <>
      <Head specialist={specialist.data} version={version} />
      <div className={classes['parts']}>
        <div className={classes['columns']}>
          <Definition specialist={specialist.data} version={version} />
          <div className={classes['parts']}>
            <MovePanel specialist={specialist.data} version={version} />
            <Skills version={version} />
          </div>
        </div>
        <Documents specialistId={specialistId} version={version.version} />
        <History specialistId={specialistId} />
      </div>
    </>
  )
}

function Head({ specialist, version }: { readonly specialist: Specialist; readonly version: SpecialistVersion }) {
  const navigate = useNavigate()
  const [removing, setRemoving] = useState(false)
  const { specialistId, name, versions, isListed, revision } = specialist
  return (
    <>
      <PageHead
        title={version.definition.title}
        tab={version.definition.title}
        lead={
          <>
            <span className="mono">{name}</span>, owned by {specialist.owner}.{' '}
            {isListed ? 'Discovery finds it.' : 'Nobody finds it: no version is active.'}
          </>
        }
      >
        <Select
          aria-label="Version"
          w={190}
          value={version.version}
          data={versions.map((one) => ({ value: one.version, label: `${one.version}, ${one.state}` }))}
          onChange={(value) =>
            void navigate({
              to: '/specialists/$specialistId',
              params: { specialistId },
              search: value === null ? {} : { version: value },
              replace: true,
            })
          }
          allowDeselect={false}
        />
        <LinkButton to="/specialists/$specialistId/new-version" params={{ specialistId }} data-testid="new-version">
          Propose another version
        </LinkButton>
        <Button variant="default" color="red" onClick={() => setRemoving(!removing)} aria-expanded={removing}>
          Remove
        </Button>
      </PageHead>
      {removing ? (
        <Panel
          title="Remove it"
          note={
            isListed
              ? 'Retire its active version first.'
              : 'Its versions and history are kept, and nobody sees it here.'
          }
        >
          <GovernedSave
            isChanged={!isListed}
            isGrave
            about="specialists"
            label="Remove it"
            save={({ reason }) => specialistApi.remove(specialistId, reason, revision)}
            onSaved={() => void navigate({ to: '/specialists', search: {} })}
          />
        </Panel>
      ) : null}
    </>
  )
}

function Definition({ specialist, version }: { readonly specialist: Specialist; readonly version: SpecialistVersion }) {
  const { definition, evaluation } = version
  return (
    <Panel title={`Version ${version.version}`} actions={<SpecialistMark state={version.state} />} testId="definition">
      <Facts
        items={[
          ['What it does', definition.description, 'wide'],
          ['Data up to', definition.sensitivityCeiling],
          [
            'Score',
            evaluation?.score == null ? (
              <Unknown key="score" why="No evaluation measured one." word />
            ) : (
              `${formatShare(evaluation.score)} by ${evaluation.suite}`
            ),
          ],
          ['Training run', version.trainingRun ?? <Unknown key="run" why="None was named." word />],
          [
            'Cost of a task',
            definition.costPerTaskNanoUsd === null ? (
              <Unknown key="cost" why="Nobody said." word />
            ) : (
              <Money key="cost" nanoUsd={definition.costPerTaskNanoUsd} />
            ),
          ],
          ['Takes', definition.inputModes.join(', ')],
          ['Gives', definition.outputModes.join(', ')],
          [
            'Reached at',
            <ul key="endpoints" className={classes['skills']}>
              {definition.endpoints.map(({ url, binding, protocolVersion }) => (
                <li key={`${binding} ${url}`}>
                  <span className="mono" style={{ overflowWrap: 'anywhere' }}>
                    {url}
                  </span>{' '}
                  <span className="soft">
                    {binding} {protocolVersion}
                  </span>
                </li>
              ))}
            </ul>,
            'wide',
          ],
          [
            'Approval',
            version.approvalId === null ? (
              version.state === 'active' ? (
                'the rules asked for none'
              ) : (
                'not active yet'
              )
            ) : (
              <Link key="approval" to="/approvals" search={{}}>
                {version.approvalId}
              </Link>
            ),
            'wide',
          ],
          [
            'Digest',
            <span key="digest" className="mono" style={{ overflowWrap: 'anywhere' }}>
              {version.digest}
            </span>,
            'wide',
          ],
          ['Proposed', <Instant key="created" at={version.createdAt} precision="minute" />],
          ['Owner', specialist.owner],
        ]}
      />
    </Panel>
  )
}

function Skills({ version }: { readonly version: SpecialistVersion }) {
  return (
    <Panel title="Skills" testId="skills">
      <ul className={classes['skills']}>
        {version.definition.skills.map(({ id, name, description, tags, examples }) => (
          <li key={id}>
            <p>
              <b>{name}</b> <span className="mono soft">{id}</span>
            </p>
            <p>{description}</p>
            <p className="soft">{tags.join(', ')}</p>
            {examples.length === 0 ? null : <p className="soft">For instance: {examples.join(' · ')}</p>}
          </li>
        ))}
      </ul>
    </Panel>
  )
}

function History({ specialistId }: { readonly specialistId: string }) {
  const moves = useInfiniteQuery(specialistQueries.moves(specialistId))
  if (moves.error !== null) return <ProblemPanel error={moves.error} onRetry={() => void moves.refetch()} />
  if (moves.data === undefined) return <Placeholder height={200} />
  return (
    <Panel title="History" note="what moved its versions and why, the newest first" testId="history">
      <ol className={classes['moves']}>
        {moves.data.pages
          .flatMap(({ items }) => items)
          .map((move) => (
            <li key={move.moveId}>
              <div className={classes['head']}>
                <SpecialistMark state={move.to} />
                <span>
                  version {move.version}, {move.verb}
                </span>
                <span className="soft">
                  <Actor name={move.by} />, <Instant at={move.at} precision="minute" />
                </span>
              </div>
              <p>{move.reason}</p>
              <BecauseList lines={[move.because]} />
            </li>
          ))}
      </ol>
      {moves.hasNextPage ? (
        <Button variant="default" loading={moves.isFetchingNextPage} onClick={() => void moves.fetchNextPage()}>
          Show more
        </Button>
      ) : null}
    </Panel>
  )
}
