import type { Because, FallbackPassedOver } from '@metaagent/contract'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { listOrganizationIds } from '../../../govern/identity/index.ts'
import { append, appendDecision, type NewEvent } from '../../../govern/journal/index.ts'
import { tunableNumber } from '../../../govern/tunables/index.ts'
import { macroExecutionStatuses, startMacro } from '../../playbooks/index.ts'
import { type Chain, type ChainDecision, decideChain } from '../model/chain.ts'
import type { PassedOver } from '../model/choose.ts'
import type { FallbackDefinition } from '../model/definition.ts'
import { becauseOf } from '../model/sentences.ts'
import {
  closeChain,
  closeChainsOfRun,
  insertInvocation,
  lastInvokedAt,
  openChain,
  type StoredChain,
  saveChain,
} from '../store/chains.ts'
import { policiesInForce, policyById, type StoredPolicy } from '../store/policies.ts'
import { type Observed, observe, type SimulatedEvidence } from './observe.ts'

const actor = { kind: 'system', id: 'fallbacks' } as const

/** What was decided about a policy just now, with all that it rested on. */
export interface Considered {
  readonly decision: ChainDecision
  readonly observed: Observed
  /** Of the invocation that it led to, if it did. */
  readonly invocationId: string | null
}

interface Situation {
  readonly policyId: string
  readonly definition: FallbackDefinition
  readonly evidence: SimulatedEvidence | null
  readonly stored: StoredChain | null
  readonly chain: Chain | null
  readonly lastInvokedAtMs: number | null
  readonly observed: Observed
  readonly depthMax: number
}

/**
 * Invokes predefined macros when primary ones, or agents, fail their resilience thresholds. It reads state and does what is
 * missing, so that it may run at any time, twice, or again after a crash: what it decides, the macro it starts and the
 * event are one transaction. Seed 1, “Architecture Overview”.
 */
export class FallbackManager {
  readonly #deps: Deps

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** Looks at every policy in force of every organization. */
  async watch(): Promise<void> {
    for (const organizationId of await listOrganizationIds(this.#deps)) {
      const policies = await this.#deps.store.transaction({ organizationId }, (tx) => policiesInForce(tx, null))
      for (const { policyId } of policies)
        await this.#deps.store.transaction({ organizationId }, (tx) => this.consider(tx, policyId, null))
    }
  }

  /**
   * Decides about one policy and does it, by what really happened or by what a chaos run simulated (then everything that
   * is started is synthetic). Null: there is no such policy in force.
   */
  async consider(tx: Tx, policyId: string, evidence: SimulatedEvidence | null): Promise<Considered | null> {
    // Most looks find nothing to do, and need no lock.
    const looked = await this.#look(tx, await policyById(tx, policyId), evidence)
    if (looked === null || !acts(looked.decision)) return looked
    const policy = await policyById(tx, policyId, true)
    const situation = await this.#situation(tx, policy, evidence)
    return situation === null ? null : await this.#act(tx, situation)
  }

  /** What `consider` would decide of this definition now; nothing is started or kept. */
  async dryRun(tx: Tx, definition: FallbackDefinition, policyId: string | null): Promise<Considered> {
    const situation = await this.#situationOf(tx, { policyId, definition, evidence: null })
    return { decision: decide(this.#deps, situation, new Map()), observed: situation.observed, invocationId: null }
  }

  /** Ends the incidents of a chaos run that is over. What it started goes on to its own end. */
  async forgetSimulation(tx: Tx, runId: string): Promise<void> {
    const because = { rule: 'run-ended', observed: null, limit: null, text: 'The chaos run ended.' }
    await closeChainsOfRun(tx, runId, this.#deps.clock.now(), because)
  }

  async #look(tx: Tx, policy: StoredPolicy | null, evidence: SimulatedEvidence | null): Promise<Considered | null> {
    const situation = await this.#situation(tx, policy, evidence)
    if (situation === null) return null
    return { decision: decide(this.#deps, situation, new Map()), observed: situation.observed, invocationId: null }
  }

  async #situation(tx: Tx, policy: StoredPolicy | null, evidence: SimulatedEvidence | null): Promise<Situation | null> {
    if (policy === null || !policy.definition.enabled) return null
    return await this.#situationOf(tx, { policyId: policy.policyId, definition: policy.definition, evidence })
  }

  async #situationOf(
    tx: Tx,
    asked: {
      readonly policyId: string | null
      readonly definition: FallbackDefinition
      readonly evidence: SimulatedEvidence | null
    },
  ): Promise<Situation> {
    const { policyId, definition, evidence } = asked
    const runId = evidence?.runId ?? null
    const stored = policyId === null ? null : await openChain(tx, policyId, runId)
    const last = policyId === null ? null : await lastInvokedAt(tx, policyId, runId)
    const since = last === null ? null : instantFromEpochMs(last.getTime())
    const observed = await observe(this.#deps, tx, definition, { since, evidence })
    const depthMax = await tunableNumber(this.#deps, tx, 'fallbacks.depth_max')
    const chain = stored === null ? null : await chainOf(tx, stored)
    return { policyId: policyId ?? '', definition, evidence, stored, chain, lastInvokedAtMs: since, observed, depthMax }
  }

  async #act(tx: Tx, situation: Situation): Promise<Considered> {
    const { observed } = situation
    const refused = new Map<string, string>()
    // Each round is one more macro that refused to start, so it ends.
    for (;;) {
      const decision = decide(this.#deps, situation, refused)
      if (decision.kind === 'invoke') {
        const invocationId = await this.#invoke(tx, situation, decision, refused)
        if (invocationId === null) continue
        return { decision, observed, invocationId }
      }
      if (decision.kind === 'settle') await this.#settle(tx, situation, decision)
      const invocationId = decision.kind === 'exhausted' ? await this.#exhaust(tx, situation, decision) : null
      return { decision, observed, invocationId }
    }
  }

  /** Null: the macro refused to start, and is known to from now on. */
  async #invoke(
    tx: Tx,
    situation: Situation,
    decision: Extract<ChainDecision, { kind: 'invoke' }>,
    refused: Map<string, string>,
  ): Promise<string | null> {
    const { definition, evidence, observed } = situation
    const chain = this.#chainToWrite(situation)
    const depth = chain.depth + 1
    const invocationId = this.#deps.ids.uuid()
    const because = becauseOf(observed.primaryName, decision.because)
    const started = await startMacro(this.#deps, tx, {
      name: decision.macro,
      inputs: { ...observed.inputs.get(decision.macro) },
      environment: definition.environment,
      because,
      startedBy: actor,
      synthetic: evidence !== null,
      dry: evidence !== null && !evidence.live,
      correlationId: chain.chainId,
      causationId: null,
      idempotencyKey: `fallback/${chain.chainId}/${depth}`,
    })
    if (!started.ok) {
      refused.set(decision.macro, started.refusal.detail)
      return null
    }
    const { executionId: macroExecutionId } = started.value
    const chosenBecause = becauseOf(decision.macro, decision.chosenBecause)
    const particulars = { macro: decision.macro, macroExecutionId, because, chosenBecause }
    const now = this.#deps.clock.now()
    await this.#record(tx, situation, { ...particulars, chain, depth, invocationId, passedOver: decision.passedOver })
    await saveChain(tx, {
      ...chain,
      depth,
      visited: [...chain.visited, decision.macro],
      lastInvokedAt: new Date(now),
      lastExecutionId: macroExecutionId,
    })
    return invocationId
  }

  async #exhaust(
    tx: Tx,
    situation: Situation,
    decision: Extract<ChainDecision, { kind: 'exhausted' }>,
  ): Promise<string> {
    const chain = this.#chainToWrite(situation)
    const invocationId = this.#deps.ids.uuid()
    const because = becauseOf(situation.observed.primaryName, decision.because)
    const nothing = { macro: null, macroExecutionId: null, chosenBecause: null }
    const { passedOver } = decision
    await this.#record(tx, situation, { ...nothing, because, chain, depth: chain.depth, invocationId, passedOver })
    await saveChain(tx, { ...chain, exhaustedAt: new Date(this.#deps.clock.now()) })
    return invocationId
  }

  #chainToWrite({ stored, policyId, evidence }: Situation): StoredChain {
    return (
      stored ?? {
        chainId: this.#deps.ids.uuid(),
        policyId,
        runId: evidence?.runId ?? null,
        depth: 0,
        visited: [],
        openedAt: new Date(this.#deps.clock.now()),
        lastInvokedAt: null,
        lastExecutionId: null,
        exhaustedAt: null,
      }
    )
  }

  /** Journals the decision and keeps it. Of one trigger there is one invocation: the table refuses another. */
  async #record(tx: Tx, situation: Situation, what: Recorded): Promise<void> {
    const { policyId, definition, evidence, observed } = situation
    const { chain, macro, passedOver: reasons, ...rest } = what
    const outcome = macro === null ? ('exhausted' as const) : ('invoked' as const)
    const trigger = triggerOf(situation, chain, what.depth, outcome)
    const passedOver = reasons.map(shownReason(observed))
    const runId = evidence?.runId ?? null
    const common = {
      invocationId: what.invocationId,
      policyId,
      policy: definition.name,
      chainId: chain.chainId,
      depth: what.depth,
      trigger,
      because: what.because,
      passedOver,
      synthetic: runId !== null,
      runId,
    }
    const about = { subject: `fallback-policy/${policyId}`, actor, correlationId: chain.chainId }
    const { macroExecutionId, chosenBecause } = what
    const event =
      macro === null || macroExecutionId === null || chosenBecause === null
        ? ({ ...about, type: 'recovery.fallback.exhausted', payload: common } as const)
        : ({
            ...about,
            type: 'recovery.fallback.invoked',
            payload: { ...common, macro, macroExecutionId, chosenBecause },
          } as const)
    const [appended] = await appendDecision(this.#deps, tx, event, { verdict: outcome, because: what.because })
    assertInvariant(appended !== undefined, 'a decision that was appended is returned')
    const at = new Date(this.#deps.clock.now())
    const { eventId } = appended
    const row = { ...rest, chainId: chain.chainId, policyId, outcome, trigger, macro, passedOver, runId, at, eventId }
    await insertInvocation(tx, row)
  }

  async #settle(tx: Tx, situation: Situation, decision: Extract<ChainDecision, { kind: 'settle' }>): Promise<void> {
    const { stored, definition, policyId, observed } = situation
    if (stored === null) return
    const because = becauseOf(observed.primaryName, decision.because)
    await closeChain(tx, stored.chainId, this.#deps.clock.now(), because)
    const event: NewEvent = {
      type: 'recovery.fallback.settled',
      subject: `fallback-policy/${policyId}`,
      actor,
      correlationId: stored.chainId,
      payload: {
        policyId,
        policy: definition.name,
        chainId: stored.chainId,
        depth: stored.depth,
        because,
        synthetic: stored.runId !== null,
        runId: stored.runId,
      },
    }
    await append(this.#deps, tx, [event])
  }
}

interface Recorded {
  readonly invocationId: string
  readonly chain: StoredChain
  readonly depth: number
  readonly macro: string | null
  readonly macroExecutionId: string | null
  readonly because: Because
  readonly chosenBecause: Because | null
  readonly passedOver: readonly PassedOver[]
}

function decide(deps: Deps, situation: Situation, refused: ReadonlyMap<string, string>): ChainDecision {
  const { definition, chain, lastInvokedAtMs, observed, depthMax } = situation
  return decideChain({
    chain,
    lastInvokedAtMs,
    cooldownMs: definition.cooldownMinutes * 60_000,
    depthMax,
    macros: observed.macros,
    primary: observed.primary,
    thresholds: definition.thresholds,
    refused,
    nowMs: deps.clock.now(),
  })
}

function acts({ kind }: ChainDecision): boolean {
  return kind === 'invoke' || kind === 'exhausted' || kind === 'settle'
}

async function chainOf(tx: Tx, stored: StoredChain): Promise<Chain> {
  const { lastExecutionId } = stored
  const status =
    lastExecutionId === null ? null : (await macroExecutionStatuses(tx, [lastExecutionId])).get(lastExecutionId)
  return {
    depth: stored.depth,
    visited: stored.visited,
    lastInvokedAtMs: stored.lastInvokedAt?.getTime() ?? null,
    lastExecution:
      status === undefined || status === null
        ? null
        : status === 'running' || status === 'succeeded'
          ? status
          : 'failed',
    exhaustedAtMs: stored.exhaustedAt?.getTime() ?? null,
  }
}

/** The failed run that opens an incident, or that ended its last fallback; else the incident's place. */
function triggerOf(
  { chain, observed, stored }: Situation,
  { chainId }: StoredChain,
  depth: number,
  outcome: 'invoked' | 'exhausted',
): string {
  if (outcome === 'exhausted') return `exhausted/${chainId}`
  if (chain === null && observed.lastFailure !== null) return `macro-execution/${observed.lastFailure}`
  if (chain?.lastExecution === 'failed' && stored !== null) return `macro-execution/${stored.lastExecutionId}`
  return `chain/${chainId}/${depth}`
}

/** A reason of the model as people read it: the primary's key is no name. */
export function shownReason(observed: Observed): (passed: PassedOver) => FallbackPassedOver {
  return ({ macro, because }) => {
    const candidate = macro === observed.primary ? observed.primaryName : macro
    return { candidate, because: becauseOf(candidate, because) }
  }
}
