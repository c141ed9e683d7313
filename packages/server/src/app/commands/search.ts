import { ExecutionPage, SimilarExecutions } from '@metaagent/contract'
import { readConfig } from '../config.ts'
import { type Api, apiFor } from './api.ts'
import type { Output } from './output.ts'

interface ServerOptions {
  readonly url?: string | undefined
  readonly apiKey?: string | undefined
}

/** `metaagent search`: ended executions that hold the words, the newest first. Returns how many were found. */
export async function searchCommand(
  options: ServerOptions & { readonly words: string; readonly limit: number },
  output: Output,
  api: Api = apiFor(readConfig(), options),
): Promise<number> {
  const query = new URLSearchParams({ q: options.words, limit: String(options.limit) })
  const page = await api.request('GET', `/api/v1/executions?${query}`, ExecutionPage)
  output.result(page)
  for (const { executionId, startedAt, status, agent, totals } of page.items)
    output.line(row([executionId, startedAt, status, agent, dollars(totals.costNanoUsd)]))
  if (page.items.length === 0)
    output.line(
      page.nextCursor === null
        ? 'No ended execution holds that.'
        : 'None among the first thousand that hold the words; name more of them, or a shorter phrase.',
    )
  return page.items.length
}

/** `metaagent similar`: executions whose texts are most like those of one. Returns whether they could be compared. */
export async function similarCommand(
  options: ServerOptions & {
    readonly executionId: string
    readonly limit: number
    readonly agent?: string | undefined
    readonly status?: string | undefined
  },
  output: Output,
  api: Api = apiFor(readConfig(), options),
): Promise<boolean> {
  const { limit, agent, status } = options
  const query = new URLSearchParams({
    limit: String(limit),
    ...(agent === undefined ? {} : { agent }),
    ...(status === undefined ? {} : { status }),
  })
  const path = `/api/v1/executions/${encodeURIComponent(options.executionId)}/similar?${query}`
  const found = await api.request('GET', path, SimilarExecutions)
  output.result(found)
  for (const { executionId, startedAt, status: ended, agent: by, costNanoUsd, similarity } of found.items)
    output.line(row([similarity.toFixed(4), executionId, startedAt, ended, by, dollars(costNanoUsd)]))
  if (found.detail !== null) output.line(found.detail)
  else if (found.items.length === 0) output.line('There is no other to compare it with.')
  output.line(`Compared by ${found.embedder.name} (${found.embedder.model}).`)
  return found.state === 'ready'
}

function row(cells: readonly string[]): string {
  return cells.join('  ')
}

function dollars(nanoUsd: number | null): string {
  return nanoUsd === null ? 'cost unknown' : `$${(nanoUsd / 1e9).toFixed(6)}`
}
