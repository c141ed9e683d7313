import { HealthWindow } from '@metaagent/contract'
import { defined, oneOf, textOf } from '../../address/search.ts'

/** What the address of an agent's page holds. */
export interface AgentSearch {
  readonly window?: HealthWindow
  readonly environment?: string
  readonly release?: string
}

/** Reads the address; what makes no sense is left out. */
export function agentSearch(raw: Record<string, unknown>): AgentSearch {
  return defined({
    window: oneOf(raw['window'], HealthWindow.options),
    environment: textOf(raw['environment']),
    release: textOf(raw['release']),
  })
}
