import { createHash } from 'node:crypto'
import {
  type Agent,
  type Comparison,
  type ComparisonInput,
  type ComparisonQuery,
  type EventActor,
  type Release,
  Uuid,
} from '@metaagent/contract'
import type { z } from 'zod'
import { assertInvariant } from '../../../kernel/assert.ts'
import { decodePageCursor, encodePageCursor } from '../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../kernel/result.ts'
import type { Caller, Deps } from '../../../ports/slice.ts'
import type { Tx } from '../../../ports/store.ts'
import { actorOf, appendDecision } from '../../govern/journal/index.ts'
import { tunableNumber } from '../../govern/tunables/index.ts'
import { agentById, releaseByName } from '../../observe/registry/index.ts'
import { executionsForComparison } from '../../observe/telemetry/index.ts'
import { type ComparisonDecision, compare, type PolicyLines, policyTerms } from './model/compare.ts'
import { armsOf, type ComparedRows, canonicalEvidence } from './model/compared-rows.ts'
import { pairingFor } from './model/trials.ts'
import * as store from './store.ts'

type Input = z.output<typeof ComparisonInput>

/** What is compared: two releases of one agent, by what they have done. */
interface Question {
  readonly agent: Agent
  readonly control: Release
  readonly candidate: Release
  readonly input: Input
}

/**
 * Compares two releases of an agent on the executions that they have, decides by the policy that the input names, and
 * records the decision: row, journal event (sequenced into the ledger) and its mirror are in one transaction.
 *
 * Refuses with `not-found` for an agent or a release, `not-processable` when control and candidate are the same,
 * `evidence-missing` when one of them has no finished execution. A refusal records nothing.
 */
export async function compareReleases(
  deps: Deps,
  caller: Caller,
  agentId: string,
  input: Input,
): Promise<Result<Comparison>> {
  if (input.controlRelease === input.candidateRelease)
    return refuse('not-processable', 'Control and candidate are the same release; name two different ones.')
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const question = await findQuestion(deps, tx, agentId, input)
    if (!question.ok) return question
    const rows = await loadRows(deps, tx, question.value)
    if (!rows.ok) return rows
    const arms = armsOf(rows.value)
    const terms = policyTerms(input.policy, await policyLines(deps, tx))
    const decision = compare(arms, input.pairing ?? pairingFor(arms), terms)
    return ok(await record(deps, tx, { ...question.value, decision, rows: rows.value, actor: actorOf(caller) }))
  })
}

async function findQuestion(deps: Deps, tx: Tx, agentId: string, input: Input): Promise<Result<Question>> {
  const agent = await agentById(deps, tx, agentId)
  if (agent === null) return refuse('not-found', 'There is no agent with this id. GET /api/v1/agents lists them.')
  const releases: Release[] = []
  for (const name of [input.controlRelease, input.candidateRelease]) {
    const release = await releaseByName(deps, tx, agentId, name)
    if (release === null) {
      const hint = `GET /api/v1/agents/${agentId}/releases lists those it has.`
      return refuse('not-found', `The agent ${agent.name} has no release "${name}". ${hint}`)
    }
    releases.push(release)
  }
  const [control, candidate] = releases
  assertInvariant(control !== undefined && candidate !== undefined, 'both releases were looked up')
  return ok({ agent, control, candidate, input })
}

async function loadRows(deps: Deps, tx: Tx, question: Question): Promise<Result<ComparedRows>> {
  const environment = question.input.environment ?? null
  const rowsOf = (release: Release) =>
    executionsForComparison(deps, tx, { agentId: question.agent.agentId, releaseId: release.releaseId, environment })
  const rows = { control: await rowsOf(question.control), candidate: await rowsOf(question.candidate) }
  const empty = (['control', 'candidate'] as const).filter((arm) => rows[arm].length === 0)
  if (empty.length === 0) return ok(rows)
  const names = empty.map((arm) => `the ${arm} "${question[arm].name}"`).join(' and ')
  const where = environment === null ? '' : ` in the environment "${environment}"`
  return refuse(
    'evidence-missing',
    `No finished execution is known of ${names}${where}. Synthetic, running, waiting and cancelled ones are no evidence; ` +
      'let it work, or import what it did.',
    { missing: empty },
  )
}

/** The lines of this organization, from its tunables. */
async function policyLines(deps: Deps, tx: Tx): Promise<PolicyLines> {
  return {
    alpha: await tunableNumber(deps, tx, 'rollouts.alpha'),
    durationRatioLimit: await tunableNumber(deps, tx, 'rollouts.duration_ratio_limit'),
  }
}

interface Decided extends Question {
  readonly decision: ComparisonDecision
  readonly rows: ComparedRows
  readonly actor: EventActor
}

async function record(deps: Deps, tx: Tx, decided: Decided): Promise<Comparison> {
  const { agent, decision, input, actor } = decided
  const { verdict, because, pairing, success, guardrails } = decision
  const comparisonId = deps.ids.uuid()
  const control = { release: decided.control.name, ...decision.control }
  const candidate = { release: decided.candidate.name, ...decision.candidate }
  const environment = input.environment ?? null
  const evidenceDigest = createHash('sha256').update(canonicalEvidence(decided.rows)).digest('hex')
  const [event] = await appendDecision(
    deps,
    tx,
    {
      type: 'rollouts.comparison.decided',
      subject: `comparison/${comparisonId}`,
      actor,
      payload: {
        comparisonId,
        agentId: agent.agentId,
        agent: agent.name,
        environment,
        controlRelease: control.release,
        candidateRelease: candidate.release,
        policy: input.policy,
        verdict,
        because,
        evidence: { pairing, control, candidate, success, guardrails: [...guardrails] },
        evidenceDigest,
      },
    },
    { verdict, because },
  )
  assertInvariant(event !== undefined, 'a decision that was appended is returned')
  const comparison: Comparison = {
    comparisonId,
    agentId: agent.agentId,
    agent: agent.name,
    environment,
    policy: input.policy,
    pairing,
    control,
    candidate,
    success,
    guardrails: [...guardrails],
    verdict,
    because,
    evidenceDigest,
    decidedAt: event.occurredAt,
    decidedBy: `${actor.kind}:${actor.id}`,
    eventId: event.eventId,
  }
  const ids = { controlReleaseId: decided.control.releaseId, candidateReleaseId: decided.candidate.releaseId }
  await store.insertComparison(tx, comparison, ids)
  return comparison
}

const list = 'rollouts.comparisons'

/** One page of the organization's comparisons, newest first. */
export async function readComparisons(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof ComparisonQuery>,
): Promise<Result<{ readonly items: Comparison[]; readonly nextCursor: string | null }>> {
  const { cursor, limit, ...filters } = query
  let before: string | null = null
  if (cursor !== undefined) {
    const position = decodePageCursor(list, filters, cursor, 1)
    if (!position.ok) return position
    const comparisonId = Uuid.safeParse(position.value[0])
    if (!comparisonId.success) return refuse('invalid-cursor', 'Use the nextCursor of this list, or leave it out.')
    before = comparisonId.data
  }
  const found = await deps.store.transaction({ organizationId: caller.organizationId }, (tx) =>
    store.selectComparisons(tx, { agentId: filters.agentId ?? null }, before, limit + 1),
  )
  const items = found.slice(0, limit)
  const last = items.at(-1)
  const more = found.length > limit && last !== undefined
  return ok({ items, nextCursor: more ? encodePageCursor(list, filters, [last.comparisonId]) : null })
}

export async function readComparison(deps: Deps, caller: Caller, comparisonId: string): Promise<Result<Comparison>> {
  const { organizationId } = caller
  const found = await deps.store.transaction({ organizationId }, (tx) => store.selectComparison(tx, comparisonId))
  return found === null
    ? refuse('not-found', 'There is no comparison with this id. GET /api/v1/comparisons lists them.')
    : ok(found)
}
