import { addMs, type Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import { type ExecutionFigures, figuresByMacro } from '../store/executions.ts'
import { selectMacros } from '../store/macros.ts'

/** Figures of macros look this far back. */
export const figuresWindowMs = 86_400_000

/** How a macro is doing. Null is unknown. */
export interface MacroHealth {
  readonly macroId: string
  readonly macro: string
  readonly enabled: boolean
  readonly environments: readonly string[]
  readonly blocked: boolean
  /** That ended in the window, cancelled ones aside. */
  readonly executions: number
  readonly running: number
  readonly successRate: number | null
  readonly latencyP95Ms: number | null
}

/**
 * Every macro by name, with figures of the executions that ended in the last day. Simulated executions have figures of
 * their own (`synthetic`).
 */
export async function macroHealth(
  tx: Tx,
  asked: { readonly now: Instant; readonly windowMs?: number; readonly synthetic?: boolean },
): Promise<readonly MacroHealth[]> {
  const since = addMs(asked.now, -(asked.windowMs ?? figuresWindowMs))
  const figures = await figuresByMacro(tx, { since, synthetic: asked.synthetic ?? false })
  return (await selectMacros(tx)).map(({ macroId, name, enabled, environments, blocks }) => {
    const own = figures.get(macroId)
    const { executions, running, successRate, latencyP95Ms } = shownFigures(own)
    return {
      macroId,
      macro: name,
      enabled,
      environments,
      blocked: blocks !== null,
      executions,
      running,
      successRate,
      latencyP95Ms,
    }
  })
}

/** Figures as they are shown; without any, what is counted is 0 and what is measured unknown. */
export function shownFigures(figures: ExecutionFigures | undefined) {
  const { executions = 0, succeeded = 0, running = 0, latencyP95Ms = null } = figures ?? {}
  const successRate = executions === 0 ? null : succeeded / executions
  return { executions, succeeded, running, successRate, latencyP95Ms }
}
