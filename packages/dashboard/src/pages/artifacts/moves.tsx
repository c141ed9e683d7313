import { Button } from '@mantine/core'
import type { ArtifactDetail, ArtifactOutcome } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { artifactApi } from '../../api/artifacts.ts'
import { queries } from '../../api/queries.ts'
import { plural } from '../../format/number.ts'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Explained } from '../../ui/value.tsx'

const offered = [
  { verb: 'activate', state: 'ACTIVE', word: 'Activate' },
  { verb: 'archive', state: 'ARCHIVED', word: 'Archive' },
] as const

/** What may be done with an artifact in its state; what may not says why. */
export function Moves({ artifact }: { readonly artifact: ArtifactDetail }) {
  const client = useQueryClient()
  const me = useQuery(queries.me())
  const [asking, setAsking] = useState(false)
  const move = useMutation({
    mutationFn: (state: 'ACTIVE' | 'ARCHIVED') => artifactApi.changeArtifact(artifact, { state }),
    onSuccess: () => setAsking(false),
    onSettled: () => client.invalidateQueries({ queryKey: ['artifacts'] }),
  })
  if (!me.data?.scopes.includes('artifacts:write')) return null
  return (
    <>
      {offered.map(({ verb, state, word }) => {
        const known = artifact.moves.find((one) => one.verb === verb)
        if (known === undefined) return null
        const button = (
          <Button
            key={verb}
            variant={verb === 'activate' ? 'filled' : 'default'}
            disabled={known.to === null}
            loading={move.isPending && move.variables === state}
            onClick={() => (state === 'ARCHIVED' ? setAsking(true) : move.mutate(state))}
            data-testid={`${verb}-artifact`}
          >
            {word}
          </Button>
        )
        return known.text === null ? (
          button
        ) : (
          <Explained key={verb} tip={known.text}>
            {button}
          </Explained>
        )
      })}
      {move.error === null || asking ? null : <ProblemPanel error={move.error} compact />}
      {move.data === undefined ? null : <Outcome outcome={move.data} />}
      <ConfirmDialog
        opened={asking}
        title={`Archive ${artifact.name}?`}
        word="Archive"
        error={move.error}
        pending={move.isPending}
        testId="confirm-archive"
        onConfirm={() => move.mutate('ARCHIVED')}
        onClose={() => setAsking(false)}
      >
        It is never active again; its versions and lineage stay readable. What it blocked may become active.
      </ConfirmDialog>
    </>
  )
}

function Outcome({ outcome: { result, conflicts, because } }: { readonly outcome: ArtifactOutcome }) {
  return (
    <p role="status" data-testid="outcome">
      {result === 'blocked' ? `Blocked by ${plural(conflicts.length, 'conflict')}: ` : ''}
      {because.text}{' '}
      {conflicts.map(({ conflictId, subject }) => (
        <Link key={conflictId} to="/conflicts/$conflictId" params={{ conflictId }}>
          {subject}{' '}
        </Link>
      ))}
    </p>
  )
}
