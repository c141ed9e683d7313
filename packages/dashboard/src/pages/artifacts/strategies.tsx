import { Button, TextInput } from '@mantine/core'
import type { Conflict, ConflictResolution, ResolutionStrategyName } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { artifactApi } from '../../api/artifacts.ts'
import { queries } from '../../api/queries.ts'
import { GovernedSave } from '../../ui/governed-save.tsx'
import { Panel } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import classes from './artifacts.module.css'
import { type MergeBase, MergeBaseField } from './merge-base.tsx'
import { ArtifactLink, Prose, strategyWords } from './words.tsx'

/** Every strategy with what it would do, one click each; what does not fit says why. Override goes through approval. */
export function Strategies({
  conflict,
  onResolved,
}: {
  readonly conflict: Conflict
  /** The conflict itself is read again; what was done to whom is told here alone. */
  readonly onResolved: (resolution: ConflictResolution) => void
}) {
  const client = useQueryClient()
  const me = useQuery(queries.me())
  const [reason, setReason] = useState('')
  const [to, setTo] = useState('')
  const [base, setBase] = useState<MergeBase | null>(null)
  const resolve = useMutation({
    mutationFn: (strategy: Exclude<ResolutionStrategyName, 'override'>) => {
      const why = reason.trim() === '' ? {} : { reason: reason.trim() }
      const { conflictId } = conflict
      if (strategy === 'rename') return artifactApi.resolve(conflictId, { strategy, to: to.trim(), ...why })
      if (strategy === 'merge')
        return artifactApi.resolve(conflictId, { strategy, ...(base === null ? {} : { base }), ...why })
      return artifactApi.resolve(conflictId, { strategy, ...why })
    },
    onSuccess: onResolved,
    onSettled: () => client.invalidateQueries({ queryKey: ['artifacts'] }),
  })
  if (conflict.strategies.length === 0)
    return (
      <Panel title="It is over" testId="strategies">
        <p className="soft">What it was about has changed or ended, so nobody needs to resolve it.</p>
      </Panel>
    )
  const mayResolve = me.data?.scopes.includes('conflicts:resolve') === true
  const simple = conflict.strategies.flatMap(({ strategy, ...rest }) =>
    strategy === 'override' ? [] : [{ strategy, ...rest }],
  )
  const override = conflict.strategies.find(({ strategy }) => strategy === 'override')
  return (
    <Panel title="Ways to resolve it" testId="strategies">
      <div className={classes['parts']}>
        {mayResolve ? (
          <TextInput
            label="Reason"
            description="Kept with the decision; may stay empty."
            value={reason}
            onChange={({ currentTarget }) => setReason(currentTarget.value)}
            maxLength={2000}
          />
        ) : (
          <p className="soft">Your role may read this and not resolve it.</p>
        )}
        <ul className={classes['rows']}>
          {simple.map(({ strategy, fits, text }) => (
            <li key={strategy} className={classes['strategy']} data-fits={fits}>
              <div>
                <strong>{strategyWords[strategy]}</strong>
                <p>
                  <Prose text={text} />
                </p>
                {strategy === 'merge' && fits && mayResolve ? (
                  <MergeBaseField conflict={conflict} base={base} onChange={setBase} />
                ) : null}
                {strategy === 'rename' && fits && mayResolve ? (
                  <TextInput
                    aria-label="New path"
                    placeholder="src/other-name.ts"
                    value={to}
                    onChange={({ currentTarget }) => setTo(currentTarget.value)}
                    maxLength={1000}
                  />
                ) : null}
              </div>
              {mayResolve ? (
                <Button
                  variant="default"
                  size="xs"
                  disabled={!fits || (strategy === 'rename' && to.trim() === '')}
                  loading={resolve.isPending && resolve.variables === strategy}
                  onClick={() => resolve.mutate(strategy)}
                  data-testid={`resolve-${strategy}`}
                >
                  {strategyWords[strategy]}
                </Button>
              ) : null}
            </li>
          ))}
        </ul>
        {resolve.error === null ? null : <ProblemPanel error={resolve.error} compact />}
        {override === undefined || !mayResolve ? null : (
          <details>
            <summary>Override</summary>
            <p className="soft">{override.text}</p>
            <GovernedSave
              about="artifacts"
              isChanged={override.fits}
              label="Override"
              isGrave
              save={async (particulars) =>
                onResolved(await artifactApi.resolve(conflict.conflictId, { strategy: 'override', ...particulars }))
              }
            />
          </details>
        )}
      </div>
    </Panel>
  )
}

/** What a resolution did to whom. */
export function Effects({ resolution: { because, effects } }: { readonly resolution: ConflictResolution }) {
  return (
    <Panel title="Done" note={because.text} testId="effects">
      <ul className={classes['rows']} role="status">
        {effects.map((effect) => (
          <li key={effect.artifactId}>
            <div className={classes['line']}>
              <ArtifactLink artifact={{ ...effect, agent: null }} />
            </div>
            <p className="soft">{effect.text}</p>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
