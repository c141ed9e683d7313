import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Agent, Execution } from '@metaagent/contract'
import { expect } from 'vitest'
import { root } from '../../tools/programs.ts'
import type { Stage } from './stage.ts'

const folder = join(root, 'examples/tau2')

/** The releases that the examples hold of the telecom agent. */
export const telecomReleases = {
  control: 'gpt-4.1',
  candidate: 'ft:gpt-4.1-2025-04-14:sierra:tau2-full-sft:BzrYdMNm',
} as const

/** Imports the recorded τ²-bench runs that are shipped under `examples/`, with the command that a person uses. */
export async function importExampleRuns({ server, adminKey }: Stage): Promise<void> {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json.gz'))
  expect(files.length).toBeGreaterThan(0)
  const paths = files.map((name) => join(folder, name))
  await server.run(['import', 'tau2', ...paths], { METAAGENT_API_KEY: adminKey })
}

/** The id of an agent that has reported. */
export async function agentIdOf({ api }: Stage, name: string): Promise<string> {
  const { body } = await api<{ items: Agent[] }>('GET', `/api/v1/agents?q=${encodeURIComponent(name)}`)
  const agent = body.items.find((item) => item.name === name)
  if (agent === undefined) throw new Error(`no agent ${name}`)
  return agent.agentId
}

/** The newest execution that a filter of the API lets through. */
export async function executionIdOf({ api }: Stage, query: string): Promise<string> {
  const { body } = await api<{ items: Execution[] }>('GET', `/api/v1/executions?limit=1&${query}`)
  const [execution] = body.items
  if (execution === undefined) throw new Error(`no execution with ${query}`)
  return execution.executionId
}
