import { type JsonValue, N8nExecution } from '@metaagent/contract'
import { z } from 'zod'
import { addMs, instantFromEpochMs } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import { hashedSpanId } from '../../../../ports/hashed-ids.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { append } from '../../../govern/journal/index.ts'
import { findByAttribute, storeTelemetry } from '../../telemetry/index.ts'
import { mapN8nError } from '../model/n8n-error.ts'
import { mapN8nExecution } from '../model/n8n-execution.ts'
import { dueImports, type StoredSource, saveImport, sourceById } from '../store/sources.ts'
import { n8nExecutionId } from './map-payload.ts'
import { openApiKey } from './secrets.ts'

const requestTimeoutMs = 30_000
/** Executions with their data are large; n8n allows 250 a page. */
const pageSize = 20
const mostPages = 50
/** n8n's own tree begins at the time that n8n tells, but for the precision of clocks and of the time stamps. */
const slackMs = 60_000

const ExecutionList = z.looseObject({ data: z.array(z.unknown()), nextCursor: z.string().nullish() })

interface Stored {
  readonly executions: number
  readonly actions: number
}

/** Why an import ended early, in words for whoever set it up. */
class ImportFault extends Error {
  override readonly name = 'ImportFault'
}

/** Runs every import that is due. */
export async function runDueImports(deps: Deps): Promise<void> {
  const due = await deps.store.transaction('deployment', (tx) => dueImports(tx, deps.clock.now()))
  for (const { organizationId, sourceId } of due) await importExecutions(deps, organizationId, sourceId)
}

/** Runs one import now, for whoever asks. */
export async function importNow(deps: Deps, caller: Caller, sourceId: string): Promise<Result<Stored>> {
  const { organizationId } = caller
  const source = await deps.store.transaction({ organizationId }, (tx) => sourceById(tx, sourceId))
  if (source === null) return refuse('not-found', 'There is no webhook source with this id.')
  if (source.importer === null)
    return refuse('conflict', 'This source has no importer. Give it the address and a key of n8n.')
  const { stored, error } = await importExecutions(deps, organizationId, sourceId)
  return error === null ? ok(stored) : refuse('not-processable', error)
}

/**
 * Imports what n8n ran since the last import: newest first until the place where that ended. An execution that still runs
 * is looked at again by the next import. Rows have ids made of n8n's own, so importing again changes nothing.
 */
async function importExecutions(
  deps: Deps,
  organizationId: string,
  sourceId: string,
): Promise<{ readonly stored: Stored; readonly error: string | null }> {
  const scope = { organizationId }
  const source = await deps.store.transaction(scope, (tx) => sourceById(tx, sourceId))
  const importer = source?.importer
  if (source == null || importer == null) return { stored: { executions: 0, actions: 0 }, error: null }
  const progress = { executions: 0, actions: 0, upTo: source.imported_up_to }
  const error = await pages(deps, organizationId, source, progress).catch((fault: unknown) => {
    if (fault instanceof ImportFault) return fault.message
    throw fault
  })
  const now = deps.clock.now()
  const { executions, actions, upTo } = progress
  await deps.store.transaction(scope, async (tx) => {
    const nextAt = addMs(now, importer.everyMinutes * 60_000)
    await saveImport(tx, sourceId, { upTo, imported: executions, error, at: now, nextAt })
    if (executions + actions === 0 && error === null) return
    const actor = { kind: 'system', id: 'webhooks' } as const
    const payload = { sourceId, executions, actions, error }
    await append(deps, tx, [{ type: 'webhooks.import.ended', subject: `webhook/${sourceId}`, actor, payload }])
  })
  return { stored: { executions, actions }, error }
}

/** Walks the pages; what was stored stands in `progress` also when a later page fails. The place moves at the end only. */
async function pages(
  deps: Deps,
  organizationId: string,
  source: StoredSource,
  progress: { executions: number; actions: number; upTo: number },
): Promise<null> {
  let cursor: string | null = null
  let newest = source.imported_up_to
  let oldestOpen = Number.POSITIVE_INFINITY
  for (let page = 0; page < mostPages; page++) {
    const query: string = `limit=${pageSize}&includeData=true${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`
    const body = ExecutionList.safeParse(await ask(deps, organizationId, source, `executions?${query}`))
    if (!body.success) throw new ImportFault('n8n answered with something that is no list of executions.')
    let reachedKnown = false
    for (const item of body.data.data) {
      const execution = N8nExecution.safeParse(item)
      if (!execution.success) continue
      const id = Number(execution.data.id)
      if (id <= source.imported_up_to) reachedKnown = true
      else {
        const stored = await storeExecution(deps, organizationId, source, execution.data)
        progress.executions += 1
        progress.actions += stored.actions
        if (execution.data.stoppedAt == null) oldestOpen = Math.min(oldestOpen, id)
        newest = Math.max(newest, id)
      }
    }
    cursor = body.data.nextCursor ?? null
    if (reachedKnown || cursor === null) break
  }
  progress.upTo = Number.isFinite(oldestOpen) ? Math.max(source.imported_up_to, oldestOpen - 1) : newest
  return null
}

/** Stores one execution: below its OpenTelemetry tree where there is one, else as a tree of its own. */
async function storeExecution(
  deps: Deps,
  organizationId: string,
  source: StoredSource,
  execution: N8nExecution,
): Promise<Stored> {
  const startedAt = instantFromEpochMs(Date.parse(execution.startedAt))
  const own = n8nExecutionId([source.source_id], execution.id)
  const tree = await deps.store.transaction({ organizationId }, (tx) =>
    findByAttribute(deps, tx, {
      key: 'n8n.execution.id',
      value: execution.id,
      from: addMs(startedAt, -slackMs),
      to: addMs(startedAt, slackMs),
      actionKey: 'n8n.node.name',
    }),
  )
  // What an earlier import made is no tree of somebody else's.
  const known = tree === null || tree.executionId === own ? null : { ...tree, spans: tree.actions }
  const batch = mapN8nExecution(execution, source, known, {
    execution: (id) => n8nExecutionId([source.source_id], id),
    action: (id, node, run) => hashedSpanId('n8n', source.source_id, id, node, String(run)),
  })
  const stored = await storeTelemetry(deps, organizationId, batch)
  if (!stored.ok) throw new ImportFault(stored.refusal.detail)
  const { accepted } = stored.value
  return { executions: accepted.executions, actions: accepted.actions }
}

/**
 * Where an Error Trigger names an execution and its n8n can be asked, that one execution is imported instead: it knows
 * times, steps and tokens. Null where it cannot, and the message itself has to do.
 */
export async function importOneOfError(
  deps: Deps,
  organizationId: string,
  source: StoredSource,
  payload: JsonValue,
): Promise<Stored | null> {
  if (source.importer === null) return null
  const { n8nExecutionId: id } = mapN8nError(payload, source, { receivedAt: deps.clock.now(), executionId: () => '' })
  if (id === null || !/^\d{1,18}$/.test(id)) return null
  try {
    const execution = N8nExecution.safeParse(
      await ask(deps, organizationId, source, `executions/${id}?includeData=true`),
    )
    return execution.success ? await storeExecution(deps, organizationId, source, execution.data) : null
  } catch (error) {
    if (!(error instanceof ImportFault)) throw error
    deps.log.info({ sourceId: source.source_id, error: error.message }, 'n8n could not be asked about an execution')
    return null
  }
}

/** Asks n8n's public API; throws ImportFault with what to do. Redirects are not followed: the key would go along. */
async function ask(deps: Deps, organizationId: string, source: StoredSource, path: string): Promise<unknown> {
  const { importer, sealed_api_key: sealed } = source
  if (importer === null || sealed === null) throw new ImportFault('This source has no importer.')
  const url = `${importer.baseUrl.replace(/\/+$/, '')}/api/v1/${path}`
  let reply: Response
  try {
    reply = await fetch(url, {
      headers: {
        'x-n8n-api-key': openApiKey(deps, organizationId, source.source_id, sealed),
        accept: 'application/json',
      },
      redirect: 'error',
      signal: AbortSignal.timeout(requestTimeoutMs),
    })
  } catch (error) {
    throw new ImportFault(`n8n does not answer at ${importer.baseUrl}: ${causeOf(error)}.`)
  }
  if (reply.status === 401 || reply.status === 403)
    throw new ImportFault('n8n refused the API key. Make a new one there (Settings, n8n API) and enter it here.')
  if (!reply.ok) throw new ImportFault(`n8n answered ${reply.status} for /api/v1/${path.split('?', 1)[0]}.`)
  try {
    return await reply.json()
  } catch {
    throw new ImportFault('n8n answered with something that is no JSON. Is this the address of n8n itself?')
  }
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error ? cause.message : String(cause)
}
