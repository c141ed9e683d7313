import { Select } from '@mantine/core'
import type { ArtifactDetail } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { defined } from '../../address/search.ts'
import { artifactQueries } from '../../api/artifacts.ts'
import { formatBytes, plural } from '../../format/number.ts'
import { Actor } from '../../ui/actor.tsx'
import { DiffView } from '../../ui/diff-view.tsx'
import { Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago } from '../../ui/value.tsx'
import classes from './artifacts.module.css'
import { hunksBetween } from './difference.ts'
import type { ArtifactSearch } from './search.ts'
import { Hash } from './words.tsx'

/** Every version with its hash, and what changed between two of them: by default the last two. */
export function Versions({ artifact }: { readonly artifact: ArtifactDetail }) {
  const search = useSearch({ from: '/inside/artifacts/$artifactId' })
  const navigate = useNavigate()
  const { artifactId, versions, version } = artifact
  const to = Number(search.to ?? version)
  const from = Number(search.from ?? versions.find((one) => one.version === to)?.parentVersion ?? to)
  const change = (values: { [Key in keyof ArtifactSearch]?: ArtifactSearch[Key] | undefined }) =>
    void navigate({
      to: '/artifacts/$artifactId',
      params: { artifactId },
      search: defined({ ...search, ...values }),
      replace: true,
      resetScroll: false,
    })
  const options = versions.map((one) => ({ value: String(one.version), label: `Version ${one.version}` }))
  return (
    <Panel title="Versions" note={plural(versions.length, 'version')} testId="artifact-versions">
      <div className={classes['parts']}>
        <ol className={classes['rows']}>
          {versions.map((one) => (
            <li key={one.version}>
              <strong>{one.version}</strong> <span className="soft">{originWords[one.origin]}</span>{' '}
              <Actor name={one.createdBy} />, <Ago at={one.createdAt} /> <Hash hash={one.contentHash} />{' '}
              <span className="soft">{formatBytes(one.contentBytes)}</span>
            </li>
          ))}
        </ol>
        {versions.length < 2 ? null : (
          <>
            <div className={classes['fields']}>
              <Select
                label="From"
                data={options}
                value={String(from)}
                onChange={(value) => change({ from: value ?? undefined })}
                w={140}
              />
              <Select
                label="To"
                data={options}
                value={String(to)}
                onChange={(value) => change({ to: value ?? undefined })}
                w={140}
              />
            </div>
            <Difference
              artifactId={artifactId}
              from={from}
              to={to}
              shape={search.view ?? 'unified'}
              onShape={(shape) => change({ view: shape === 'split' ? 'split' : undefined })}
            />
          </>
        )}
      </div>
    </Panel>
  )
}

const originWords: Readonly<Record<ArtifactDetail['versions'][number]['origin'], string>> = {
  made: 'handed in by',
  revised: 'revised by',
  merged: 'merged by',
  witness: 'raised to a common version by',
  renamed: 'renamed by',
}

function Difference({
  artifactId,
  from,
  to,
  shape,
  onShape,
}: {
  readonly artifactId: string
  readonly from: number
  readonly to: number
  readonly shape: 'unified' | 'split'
  readonly onShape: (shape: 'unified' | 'split') => void
}) {
  const before = useQuery(artifactQueries.version(artifactId, from))
  const after = useQuery(artifactQueries.version(artifactId, to))
  const error = before.error ?? after.error
  if (error !== null) return <ProblemPanel error={error} compact />
  if (before.data === undefined || after.data === undefined) return <Placeholder height={160} />
  return (
    <DiffView
      hunks={hunksBetween(before.data.content, after.data.content)}
      label={`What changed from version ${from} to ${to}`}
      shape={shape}
      onShape={onShape}
      empty="Nothing changed."
    />
  )
}
