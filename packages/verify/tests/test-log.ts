import {
  buildProof,
  type Checkpoint,
  type ConsistencyProofFile,
  canonicalJson,
  consistencyRanges,
  type ExportHeader,
  encodeHashes,
  formatCheckpoint,
  formatProofFile,
  formatVerifierKey,
  type InclusionProofFile,
  inclusionRanges,
  type JsonObject,
  leafHash,
  type NoteSigner,
  nodesFromLeaves,
  PROOF_FORMAT,
  rootOfLeaves,
  signerFromSeed,
  signNote,
  utf8Bytes,
} from '../src/index.ts'
import { nodeSha256 } from '../src/node.ts'

export const ORIGIN = 'ledger.example/acme'

/** A signer whose key depends on the seed byte only. */
export function testSigner(name = ORIGIN, seedByte = 7): Promise<NoteSigner> {
  return signerFromSeed(name, new Uint8Array(32).fill(seedByte))
}

/** A decision as the ledger holds it. */
export function testEntry(number: number, changed: JsonObject = {}): JsonObject {
  return {
    eventId: `01937b1e-7c1a-7f00-8000-${String(number).padStart(12, '0')}`,
    type: number % 3 === 0 ? 'rollouts.step.decided' : 'qa_success',
    subject: `rollout/${number}`,
    occurredAt: '2026-11-20T10:00:00.000Z',
    payload: { because: { rule: 'duration-not-proven-safe', observed: 1.07, limit: 1.1, text: 'the bound is above' } },
    ...changed,
  }
}

/** An honest log in memory that writes the proof files of `@metaagent/verify`. */
export class TestLog {
  readonly entries: readonly string[]
  readonly leaves: readonly Uint8Array[]
  readonly signer: NoteSigner

  constructor(signer: NoteSigner, entries: readonly JsonObject[]) {
    this.signer = signer
    this.entries = entries.map(canonicalJson)
    this.leaves = this.entries.map((entry) => leafHash(nodeSha256, utf8Bytes(entry)))
  }

  get verifierKey(): string {
    return formatVerifierKey(this.signer.key)
  }

  tree(size = this.entries.length): Checkpoint {
    return {
      origin: this.signer.key.name,
      size,
      root: rootOfLeaves(nodeSha256, this.leaves.slice(0, size)),
      extensions: [],
    }
  }

  checkpoint(size = this.entries.length): Promise<string> {
    return signNote(formatCheckpoint(this.tree(size)), [this.signer])
  }

  proof(oldSize: number, newSize: number): Uint8Array[] {
    return buildProof(nodeSha256, consistencyRanges(oldSize, newSize), nodesFromLeaves(nodeSha256, this.leaves))
  }

  async inclusion(index: number, size = this.entries.length): Promise<InclusionProofFile> {
    const ranges = inclusionRanges(index, size)
    return {
      format: PROOF_FORMAT,
      kind: 'inclusion',
      entry: this.entries[index] ?? '',
      index,
      treeSize: size,
      proof: encodeHashes(buildProof(nodeSha256, ranges, nodesFromLeaves(nodeSha256, this.leaves))),
      checkpoint: await this.checkpoint(size),
      verifierKey: this.verifierKey,
    }
  }

  async consistency(oldSize: number, newSize = this.entries.length): Promise<ConsistencyProofFile> {
    return {
      format: PROOF_FORMAT,
      kind: 'consistency',
      oldCheckpoint: await this.checkpoint(oldSize),
      newCheckpoint: await this.checkpoint(newSize),
      proof: oldSize === 0 ? [] : encodeHashes(this.proof(oldSize, newSize)),
      verifierKey: this.verifierKey,
    }
  }

  async exportHeader(size = this.entries.length): Promise<ExportHeader> {
    return {
      format: PROOF_FORMAT,
      kind: 'export',
      treeSize: size,
      checkpoint: await this.checkpoint(size),
      verifierKey: this.verifierKey,
    }
  }

  async exportFile(entries: readonly string[] = this.entries): Promise<string> {
    return formatProofFile(await this.exportHeader()) + entries.map((entry) => `${entry}\n`).join('')
  }
}

/** A log of so many different entries. */
export async function testLog(size: number, signer?: NoteSigner): Promise<TestLog> {
  return new TestLog(
    signer ?? (await testSigner()),
    Array.from({ length: size }, (_, number) => testEntry(number)),
  )
}

/** The code of a refusal, or 'accepted'. */
export function verdictOf(outcome: { ok: true } | { ok: false; fault: { code: string } }): string {
  return outcome.ok ? 'accepted' : outcome.fault.code
}
