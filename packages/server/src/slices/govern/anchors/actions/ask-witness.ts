import {
  formatAddCheckpoint,
  parseNote,
  parseWitnessKey,
  utf8Bytes,
  utf8Text,
  verifyCosignatures,
  webCryptoVerify,
} from '@metaagent/verify'
import { instantFromEpochMs } from '../../../../kernel/instant.ts'
import { AnchorFailed, type AnchorProof } from '../../../../ports/anchoring.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { consistencyHashes, type HeadToAnchor, insertSignature } from '../../ledger/index.ts'
import { readWitnessAnswer } from '../model.ts'

interface WitnessPlace {
  readonly url: string
  readonly verifierKey: string
}

/**
 * Has a witness cosign the head of the organization's log (C2SP tlog-witness). A witness that remembers another size is
 * asked once more from there. Throws AnchorFailed: also when the witness says that the log was set back or shows two
 * histories, and when its line does not verify.
 */
export async function askWitness(
  deps: Deps,
  organizationId: string,
  place: WitnessPlace,
  believedSize: number,
  head: HeadToAnchor,
): Promise<AnchorProof> {
  const first = await submit(deps, organizationId, place, Math.min(believedSize, head.treeSize), head)
  const answer = first.kind === 'stale' ? await submit(deps, organizationId, place, first.size, head) : first
  if (answer.kind === 'stale')
    throw new AnchorFailed('The witness keeps naming other sizes; somebody else asks it too.')
  if (answer.kind === 'refused') throw new AnchorFailed(answer.text)
  return await checkedLine(place, head, answer.lines)
}

async function submit(
  deps: Deps,
  organizationId: string,
  { url }: WitnessPlace,
  oldSize: number,
  { treeSize, note }: HeadToAnchor,
) {
  const proof = await deps.store.transaction({ organizationId }, (tx) =>
    consistencyHashes(tx, 'organization', oldSize, treeSize),
  )
  const body = formatAddCheckpoint({ oldSize, proof, checkpoint: note })
  return readWitnessAnswer(await deps.anchoring.submit(`${url.replace(/\/$/, '')}/add-checkpoint`, body), treeSize)
}

/** The witness's line, if the answer holds one that verifies over this very checkpoint; lines of others are let go. */
async function checkedLine(
  { url, verifierKey }: WitnessPlace,
  { note }: HeadToAnchor,
  lines: string,
): Promise<AnchorProof> {
  const key = parseWitnessKey(verifierKey)
  const signed = parseNote(note)
  if (!key.ok || !signed.ok) throw new AnchorFailed('The key of this witness cannot be read.')
  for (const line of lines.split('\n').map((one) => `${one}\n`)) {
    const found = await verifyCosignatures(`${signed.value.text}\n${line}`, [key.value], webCryptoVerify)
    const [cosignature] = found.ok ? found.value : []
    if (cosignature === undefined || cosignature.atSeconds > 8.64e12) continue
    const statedAt = instantFromEpochMs(cosignature.atSeconds * 1000)
    return { location: url, statedAt, receipt: utf8Bytes(line) }
  }
  throw new AnchorFailed('The witness answered, but with no cosignature of its key that fits the checkpoint.')
}

/** Adds the witness's line to the checkpoint: every proof from now on carries it. */
export async function keepCosignature(deps: Deps, tx: Tx, treeSize: number, receipt: Uint8Array): Promise<void> {
  const line = utf8Text(receipt)
  if (line !== null) await insertSignature(tx, 'organization', { treeSize, line, at: deps.clock.now() })
}
