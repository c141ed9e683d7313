import type { Probe, ProbeChange, ProbeResult, ProbeResultQuery } from '@metaagent/contract'
import type { z } from 'zod'
import { decodePageCursor, encodePageCursor } from '../../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import { nextRun, scheduleFault } from '../../../../kernel/schedule.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { actorOf, append } from '../../../govern/journal/index.ts'
import { agentById, namesOf } from '../../registry/index.ts'
import * as store from '../store.ts'

export const noSuchProbe = refuse('not-found', 'There is no probe with this id. GET /api/v1/probes lists them.')

export const shownResult = ({ at, ...result }: store.StoredResult): ProbeResult => ({ ...result, at: at.toISOString() })

async function shown(deps: Deps, tx: Tx, probes: readonly store.StoredProbe[]): Promise<Probe[]> {
  const names = await namesOf(deps, tx, { agentIds: probes.map(({ agentId }) => agentId), releaseIds: [] })
  const last = await store.lastResults(tx)
  return probes.map(({ headers: _sealed, nextRunAt, ...probe }) => {
    const result = last.get(probe.probeId)
    return {
      ...probe,
      agent: names.get(probe.agentId) ?? probe.agentId,
      lastResult: result === undefined ? null : shownResult(result),
      nextRunAt: nextRunAt?.toISOString() ?? null,
    }
  })
}

/** Every probe, by name. */
export async function listProbes(deps: Deps, caller: Caller): Promise<Result<{ items: Probe[] }>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) =>
    ok({ items: await shown(deps, tx, await store.selectProbes(tx)) }),
  )
}

/** Makes a probe (`probeId` null), or changes one; its state is unknown until it runs again. */
export async function saveProbe(
  deps: Deps,
  caller: Caller,
  probeId: string | null,
  change: ProbeChange,
): Promise<Result<Probe>> {
  const now = deps.clock.now()
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const before = probeId === null ? null : await store.lockProbe(tx, probeId)
    if (probeId !== null && before === null) return noSuchProbe
    if ((await agentById(deps, tx, change.agentId)) === null)
      return refuse('invalid-body', '`agentId` must be the id of a known agent. GET /api/v1/agents lists them.')
    const fault = scheduleFault(change.schedule, change.timeZone, now) ?? requestFault(change)
    if (fault !== null) return refuse('invalid-body', `${fault} See /docs for the schema.`)
    const id = probeId ?? deps.ids.uuid()
    if (await store.isNameTaken(tx, change.name, id))
      return refuse('already-exists', `There is a probe named "${change.name}". Choose another name.`)
    const { headers, body, ...fields } = change
    const next = change.enabled ? nextRun(change.schedule, change.timeZone, now) : null
    await store.saveProbe(tx, {
      ...fields,
      probeId: id,
      body: body ?? null,
      headers: headers === undefined ? (before?.headers ?? null) : sealHeaders(deps, id, headers),
      headerNames: headers === undefined ? (before?.headerNames ?? []) : Object.keys(headers).sort(),
      state: 'unknown',
      failuresInRow: 0,
      nextRunAt: next === null ? null : new Date(next),
    })
    const payload = { probeId: id, agentId: change.agentId, name: change.name, enabled: change.enabled }
    await append(deps, tx, [{ type: 'health.probe.saved', subject: `probe/${id}`, actor: actorOf(caller), payload }])
    const [probe] = await shown(
      deps,
      tx,
      (await store.selectProbes(tx)).filter((one) => one.probeId === id),
    )
    return probe === undefined ? noSuchProbe : ok(probe)
  })
}

function requestFault({ kind, method, url, body }: ProbeChange): string | null {
  if (kind === 'execution' && method !== 'POST') return 'An execution is asked for with POST.'
  if (kind === 'execution' && body === undefined) return 'An execution needs a body: the input of the run.'
  if ((method === 'GET' || method === 'HEAD') && body !== undefined) return `A ${method} has no body.`
  const { username, password } = new URL(url)
  return username === '' && password === '' ? null : 'Put credentials into headers, which are sealed, not into the url.'
}

const contextOf = (probeId: string) => `probe/${probeId}/headers`

function sealHeaders(deps: Deps, probeId: string, headers: Readonly<Record<string, string>>): Uint8Array | null {
  if (Object.keys(headers).length === 0) return null
  return deps.secrets.seal(new TextEncoder().encode(JSON.stringify(headers)), contextOf(probeId))
}

/** The header values of a probe, for the call itself. */
export function openHeaders(deps: Deps, probe: store.StoredProbe): Readonly<Record<string, string>> {
  if (probe.headers === null) return {}
  return JSON.parse(new TextDecoder().decode(deps.secrets.open(probe.headers, contextOf(probe.probeId))))
}

/** Removes a probe with its history; its executions stay. */
export async function removeProbe(deps: Deps, caller: Caller, probeId: string): Promise<Result<null>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const probe = await store.lockProbe(tx, probeId)
    if (probe === null) return noSuchProbe
    await store.deleteProbe(tx, probeId)
    const payload = { probeId, agentId: probe.agentId, name: probe.name }
    await append(deps, tx, [
      { type: 'health.probe.removed', subject: `probe/${probeId}`, actor: actorOf(caller), payload },
    ])
    return ok(null)
  })
}

/** One page of a probe's results, newest first. */
export async function listResults(
  deps: Deps,
  caller: Caller,
  probeId: string,
  { cursor, limit }: z.output<typeof ProbeResultQuery>,
): Promise<Result<{ items: ProbeResult[]; nextCursor: string | null }>> {
  const position = cursor === undefined ? ok(null) : decodePageCursor('probes.results', { probeId }, cursor, 1)
  if (!position.ok) return position
  const after = position.value?.[0] ?? null
  if (after !== null && !/^[0-9a-f-]{36}$/.test(after))
    return refuse('invalid-cursor', 'Use the nextCursor of this list, or leave it out.')
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    if ((await store.lockProbe(tx, probeId)) === null) return noSuchProbe
    const rows = await store.selectResults(tx, probeId, after, limit + 1)
    const last = rows[limit - 1]
    const more = rows.length > limit && last !== undefined
    const nextCursor = more ? encodePageCursor('probes.results', { probeId }, [last.resultId]) : null
    return ok({ items: rows.slice(0, limit).map(shownResult), nextCursor })
  })
}
