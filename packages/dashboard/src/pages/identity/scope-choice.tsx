import { Checkbox } from '@mantine/core'
import type { AccessScope } from '@metaagent/contract'
import { memo } from 'react'
import classes from './people.module.css'
import { scopeGroups, scopeMeanings } from './scopes.ts'

const groups = scopeGroups()

/** Scopes by what they are about, each with what it allows; what one lacks oneself cannot be chosen. */
export const ScopeChoice = memo(function ScopeChoice({
  chosen,
  held,
  onChange,
}: {
  readonly chosen: ReadonlySet<AccessScope>
  /** The scopes of who chooses: nobody gives what they lack. */
  readonly held: ReadonlySet<AccessScope>
  readonly onChange: (chosen: ReadonlySet<AccessScope>) => void
}) {
  const set = (scopes: readonly AccessScope[], on: boolean) => {
    const next = new Set(chosen)
    for (const scope of scopes) {
      if (on && held.has(scope)) next.add(scope)
      if (!on) next.delete(scope)
    }
    onChange(next)
  }
  return (
    <div className={classes['groups']} data-testid="scope-choice">
      {groups.map(({ name, scopes }) => {
        const count = scopes.filter((scope) => chosen.has(scope)).length
        return (
          <fieldset key={name} className={classes['group']}>
            <legend>
              <Checkbox
                size="xs"
                label={name}
                aria-label={`All of ${name}`}
                checked={count === scopes.length}
                indeterminate={count > 0 && count < scopes.length}
                disabled={scopes.every((scope) => !held.has(scope))}
                onChange={() => set(scopes, count < scopes.length)}
              />
            </legend>
            {scopes.map((scope) => (
              <Checkbox
                key={scope}
                size="xs"
                label={<code>{scope}</code>}
                description={held.has(scope) ? scopeMeanings[scope] : `${scopeMeanings[scope]} You lack it yourself.`}
                checked={chosen.has(scope)}
                disabled={!held.has(scope)}
                onChange={(event) => set([scope], event.currentTarget.checked)}
              />
            ))}
          </fieldset>
        )
      })}
    </div>
  )
})
