import type { Because, JsonValue, LedgerEntry, LedgerStatus, ProofFile } from '@metaagent/contract'
import {
  buildProof,
  canonicalJson,
  consistencyRanges,
  encodeBase64,
  encodeHashes,
  formatCheckpoint,
  formatVerifierKey,
  inclusionRanges,
  leafHash,
  type NoteSigner,
  nodesFromLeaves,
  rootOfLeaves,
  sha256,
  signerFromSeed,
  signNote,
  utf8Bytes,
} from '@metaagent/verify'
import type { z } from 'zod'
import { iso, uuid } from './random.ts'

const ORIGIN = 'metaagent.example/ledger/01900000-0000-7000-8000-0000000000aa'

interface Fact {
  readonly type: string
  readonly subject: string
  readonly payload: JsonValue
  /** The payload with its sealed fields opened, for a reader who may see them. */
  readonly opened?: JsonValue
  readonly minutesAgo: number
}

const sealed = { enc: 'A256GCM', subject: uuid(77), iv: 'AAAAAAAAAAAAAAAA', ct: 'q83vEjRWeJA' }

/** A real log in memory: hashed, signed and proven with packages/verify, so that the pages check real proofs. */
export class FixtureLedger {
  readonly #facts: Fact[]
  readonly #signer: NoteSigner
  readonly #nowMs: number
  #entries: LedgerEntry[] = []

  private constructor(signer: NoteSigner, facts: readonly Fact[], nowMs: number) {
    this.#signer = signer
    this.#facts = [...facts]
    this.#nowMs = nowMs
    this.#entries = this.#facts.map((fact, index) => this.#entryOf(fact, index))
  }

  static async create(nowMs: number, seed = 7): Promise<FixtureLedger> {
    return new FixtureLedger(await signerFromSeed(ORIGIN, new Uint8Array(32).fill(seed)), factsOf(), nowMs)
  }

  get size(): number {
    return this.#entries.length
  }

  get entries(): readonly LedgerEntry[] {
    return this.#entries
  }

  append(fact: Fact): LedgerEntry {
    const entry = this.#entryOf(fact, this.#facts.length)
    this.#facts.push(fact)
    this.#entries.push(entry)
    return entry
  }

  async status(): Promise<z.infer<typeof LedgerStatus>> {
    return {
      origin: ORIGIN,
      treeSize: this.size,
      rootHash: encodeBase64(this.#root(this.size)),
      checkpoint: await this.#checkpoint(this.size),
      checkpointAt: iso(this.#nowMs - 800),
      verifierKey: formatVerifierKey(this.#signer.key),
      pendingEntries: 0,
      haltedBecause: null,
    }
  }

  async proofOf(index: number): Promise<ProofFile | null> {
    const entry = this.#entries[index]
    if (entry === undefined) return null
    const proof = buildProof(
      sha256,
      inclusionRanges(index, this.size),
      nodesFromLeaves(sha256, this.#leaves(this.size)),
    )
    return {
      format: 'metaagent-proof/v1',
      kind: 'inclusion',
      entry: entry.leaf,
      index,
      treeSize: this.size,
      proof: encodeHashes(proof),
      checkpoint: await this.#checkpoint(this.size),
      verifierKey: formatVerifierKey(this.#signer.key),
    }
  }

  consistency(from: number, to: number) {
    const proof = buildProof(sha256, consistencyRanges(from, to), nodesFromLeaves(sha256, this.#leaves(to)))
    return {
      fromSize: from,
      toSize: to,
      fromRoot: encodeBase64(this.#root(from)),
      toRoot: encodeBase64(this.#root(to)),
      proof: encodeHashes(proof),
    }
  }

  #leaves(size: number): Uint8Array[] {
    return this.#entries.slice(0, size).map(({ leaf }) => leafHash(sha256, utf8Bytes(leaf)))
  }

  #root(size: number): Uint8Array {
    return rootOfLeaves(sha256, this.#leaves(size))
  }

  async #checkpoint(size: number): Promise<string> {
    return signNote(formatCheckpoint({ origin: ORIGIN, size, root: this.#root(size) }), [this.#signer])
  }

  #entryOf(fact: Fact, index: number): LedgerEntry {
    const occurredAt = iso(this.#nowMs - fact.minutesAgo * 60_000)
    const content = {
      eventId: uuid(5000 + index),
      type: fact.type,
      subject: fact.subject,
      actor: { kind: 'user', id: uuid(70) },
      occurredAt,
      payload: fact.payload,
    }
    const leaf = canonicalJson(content)
    return {
      index,
      eventId: content.eventId,
      type: fact.type,
      subject: fact.subject,
      occurredAt,
      sequencedAt: iso(Date.parse(occurredAt) + 640),
      leafHash: encodeBase64(leafHash(sha256, utf8Bytes(leaf))),
      leaf,
      content: { ...content, payload: fact.opened ?? fact.payload },
    }
  }
}

function because(rule: string, observed: Because['observed'], limit: Because['limit'], text: string) {
  return { rule, observed, limit, text }
}

function factsOf(): readonly Fact[] {
  const person = { userId: uuid(70), role: 'admin' }
  const facts: Fact[] = [
    {
      type: 'identity.organization.created',
      subject: 'organization/aa',
      payload: { name: 'Northwind Care' },
      minutesAgo: 60_000,
    },
    {
      type: 'identity.user.created',
      subject: `user/${uuid(70)}`,
      payload: { ...person, email: sealed, displayName: sealed },
      opened: { ...person, email: 'ada@northwind.example', displayName: 'Ada Novak' },
      minutesAgo: 59_990,
    },
    {
      type: 'identity.user.created',
      subject: `user/${uuid(71)}`,
      payload: { userId: uuid(71), role: 'viewer', email: sealed, displayName: null },
      minutesAgo: 40_000,
    },
  ]
  for (let number = 0; number < 120; number++) {
    facts.push({
      type: 'identity.session.started',
      subject: `user/${uuid(70)}`,
      payload: { userId: uuid(70), sessionId: uuid(9000 + number), method: 'password' },
      minutesAgo: 30_000 - number * 200,
    })
  }
  const comparison = (
    verdict: string,
    policy: string,
    reason: JsonValue,
    minutesAgo: number,
    number: number,
  ): Fact => ({
    type: 'rollouts.comparison.decided',
    subject: `comparison/${uuid(300 + number)}`,
    payload: {
      comparisonId: uuid(300 + number),
      agentId: uuid(1),
      agent: 'telecom-care',
      environment: 'production',
      controlRelease: 'gpt-4.1',
      candidateRelease: 'gpt-4.1-sft-telecom',
      policy,
      verdict,
      because: reason,
      evidence: { pairs: 40, onlyControlSucceeded: 1, onlyCandidateSucceeded: 13 },
      evidenceDigest: '4f6c…'.padEnd(12, '0'),
    },
    minutesAgo,
  })
  const state = (agentId: number, from: string, to: string, text: string, minutesAgo: number): Fact => ({
    type: 'health.state.changed',
    subject: `agent/${['', 'telecom-care', 'airline-desk', '', '', '', 'log-summarizer'][agentId] ?? ''}`,
    payload: {
      agentId: uuid(agentId),
      from,
      to,
      score: 71.2,
      because: [because('success-under-floor', 0.75, 0.8, text)],
    },
    minutesAgo,
  })
  return [
    ...facts,
    state(6, 'healthy', 'silent', 'Nothing was heard for 1 h; 1 h is the limit.', 352),
    comparison(
      'promote',
      'success-only',
      because(
        'success-better',
        0.0005,
        0.05,
        'The candidate succeeds more: 75.0 % against 45.0 % of 40 units that both tried; exact McNemar p = 0.0005.',
      ),
      190,
      0,
    ),
    comparison(
      'hold',
      'guarded',
      because(
        'duration-not-proven-safe',
        1.143,
        1.1,
        'The candidate succeeds more, but its duration is not proven safe: the ratio may be as high as 1.143; 1.1 is the limit.',
      ),
      188,
      1,
    ),
    state(1, 'healthy', 'degraded', 'Success is at most 92.8 % (95 % interval), under the target of 98.0 %.', 95),
    state(2, 'degraded', 'failing', 'Success is at most 75.0 % (95 % interval), under the floor of 80.0 %.', 12),
  ]
}
