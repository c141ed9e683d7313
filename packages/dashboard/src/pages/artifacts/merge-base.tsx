import { Select } from '@mantine/core'
import type { ArtifactDetail, Conflict } from '@metaagent/contract'
import { useQueries } from '@tanstack/react-query'
import { artifactQueries } from '../../api/artifacts.ts'

/** What both contents were made from. */
export interface MergeBase {
  readonly artifactId: string
  readonly version: number
}

/** Chooses the text from which both sides began, for artifacts that do not say it themselves. */
export function MergeBaseField({
  conflict,
  base,
  onChange,
}: {
  readonly conflict: Conflict
  readonly base: MergeBase | null
  readonly onChange: (base: MergeBase | null) => void
}) {
  const members = useQueries({
    queries: conflict.members.map(({ artifactId }) => artifactQueries.artifact(artifactId)),
  })
  const known = members.flatMap(({ data }) => (data === undefined ? [] : basesOf(data)))
  const keyOf = ({ artifactId, version }: MergeBase) => `${artifactId} ${version}`
  return (
    <Select
      aria-label="What both were made from"
      data={[
        { value: '', label: 'From their nearest common ancestor' },
        ...known.map((one) => ({ value: keyOf(one), label: one.label })),
      ]}
      value={base === null ? '' : keyOf(base)}
      onChange={(chosen) => {
        const found = known.find((one) => keyOf(one) === chosen)
        onChange(found === undefined ? null : { artifactId: found.artifactId, version: found.version })
      }}
    />
  )
}

function basesOf({ artifactId, name, versions }: ArtifactDetail) {
  return versions.map(({ version }) => ({ artifactId, version, label: `From ${name}, version ${version}` }))
}
