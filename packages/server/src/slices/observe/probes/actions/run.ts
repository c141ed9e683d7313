import type { ProbeResult } from '@metaagent/contract'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { addMs, type Instant, toIso } from '../../../../kernel/instant.ts'
import { ok, type Result } from '../../../../kernel/result.ts'
import { nextRun } from '../../../../kernel/schedule.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { listOrganizationIds } from '../../../govern/identity/index.ts'
import { append } from '../../../govern/journal/index.ts'
import { namesOf } from '../../registry/index.ts'
import { storeTelemetry } from '../../telemetry/index.ts'
import { judgeProbe, stateAfter } from '../model.ts'
import * as store from '../store.ts'
import { noSuchProbe, openHeaders, shownResult } from './manage.ts'

/** Probes per organization and turn; they are called at the same time. */
const duePerTurn = 20
const actor = { kind: 'system', id: 'probes' } as const

/** Runs what is due. A run belongs to whoever moved its next time, so two processes never make the same call. */
export async function runDueProbes(deps: Deps): Promise<void> {
  for (const organizationId of await listOrganizationIds(deps)) {
    const claimed = await deps.store.transaction({ organizationId }, (tx) => claimDue(deps, tx))
    await Promise.all(claimed.map((probe) => runClaimed(deps, organizationId, probe)))
  }
}

async function claimDue(deps: Deps, tx: Tx): Promise<readonly store.StoredProbe[]> {
  const now = deps.clock.now()
  const due = await store.lockDue(tx, now, duePerTurn)
  // After now, not after the missed time: a night without power is not made up for by a hundred calls.
  for (const { probeId, schedule, timeZone } of due)
    await store.moveNextRun(tx, probeId, nextRun(schedule, timeZone, now))
  return due
}

/** Runs a probe at once, whatever its schedule. */
export async function runProbeNow(deps: Deps, caller: Caller, probeId: string): Promise<Result<ProbeResult>> {
  const { organizationId } = caller
  const probe = await deps.store.transaction({ organizationId }, (tx) => store.lockProbe(tx, probeId))
  return probe === null ? noSuchProbe : ok(shownResult(await runClaimed(deps, organizationId, probe)))
}

async function runClaimed(deps: Deps, organizationId: string, probe: store.StoredProbe): Promise<store.StoredResult> {
  const startedAt = deps.clock.now()
  const executionId = hexOf(deps.random.bytes(16))
  const actionId = hexOf(deps.random.bytes(8))
  const reply = await deps.prober({
    method: probe.method,
    url: probe.url,
    headers: {
      'user-agent': 'MetaAgent-probe',
      traceparent: `00-${executionId}-${actionId}-01`,
      ...(probe.body === null ? {} : { 'content-type': 'application/json' }),
      ...openHeaders(deps, probe),
    },
    body: probe.body === null ? null : JSON.stringify(probe.body),
    timeoutMs: probe.timeoutMs,
  })
  const verdict = judgeProbe(reply, probe.assertions)
  const result: store.StoredResult = {
    resultId: deps.ids.uuid(),
    probeId: probe.probeId,
    at: new Date(startedAt),
    passed: verdict.passed,
    status: reply.kind === 'reply' ? reply.status : null,
    latencyMs: reply.latencyMs,
    because: [...verdict.because],
    executionId,
  }
  await reportExecution(deps, organizationId, {
    probe,
    result,
    startedAt,
    output: reply.kind === 'reply' ? reply.body : null,
  })
  await deps.store.transaction({ organizationId }, (tx) => keepResult(deps, tx, result))
  return result
}

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/** A run of the agent that nobody asked for: in every list, in no success figure. */
async function reportExecution(
  deps: Deps,
  organizationId: string,
  run: {
    readonly probe: store.StoredProbe
    readonly result: store.StoredResult
    readonly startedAt: Instant
    readonly output: string | null
  },
): Promise<void> {
  const { probe, result, startedAt, output } = run
  const names = await deps.store.transaction({ organizationId }, (tx) =>
    namesOf(deps, tx, { agentIds: [probe.agentId], releaseIds: [] }),
  )
  const agent = names.get(probe.agentId)
  assertInvariant(agent !== undefined, 'nothing registered is ever deleted')
  const [first] = result.because
  const stored = await storeTelemetry(deps, organizationId, {
    executions: [
      {
        executionId: result.executionId,
        agent,
        environment: probe.environment,
        startedAt: toIso(startedAt),
        endedAt: toIso(addMs(startedAt, result.latencyMs ?? 0)),
        status: result.passed ? 'success' : 'failure',
        synthetic: true,
        unit: `probe/${probe.name}`,
        ...(result.passed ? {} : { errorType: first?.rule ?? 'probe', errorMessage: first?.text ?? '' }),
        ...(probe.body === null ? {} : { input: probe.body }),
        ...(output === null ? {} : { output }),
        attributes: { 'metaagent.probe.id': probe.probeId, 'metaagent.probe.kind': probe.kind },
      },
    ],
    actions: [],
  })
  if (!stored.ok)
    deps.log.warn({ probe: probe.probeId, code: stored.refusal.code }, 'the run of a probe was not stored')
}

async function keepResult(deps: Deps, tx: Tx, result: store.StoredResult): Promise<void> {
  const probe = await store.lockProbe(tx, result.probeId)
  // Removed while it was called: its execution stays, its history is gone.
  if (probe === null) return
  await store.insertResult(tx, result)
  const after = stateAfter(result.passed, probe.failuresInRow)
  await store.saveState(tx, probe.probeId, after)
  if (after.state === probe.state) return
  const payload = {
    probeId: probe.probeId,
    agentId: probe.agentId,
    name: probe.name,
    from: probe.state,
    to: after.state,
    because: result.because,
  }
  await append(deps, tx, [{ type: 'health.probe.changed', subject: `probe/${probe.probeId}`, actor, payload }])
}
