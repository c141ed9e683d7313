import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import {
  canonicalJson,
  Frontier,
  formatCheckpoint,
  formatProofFile,
  formatVerifierKey,
  leafHash,
  PROOF_FORMAT,
  sha256,
  signerFromSeed,
  signNote,
  utf8Bytes,
} from '@metaagent/verify'
import { runVerifyCli } from '@metaagent/verify/cli'
import { nodeSha256 } from '@metaagent/verify/node'
import type { Run } from '../tools/run-named.ts'

/** Time in which an export of a million entries must be verified. */
const LIMIT_MS = 10_000

/** How long the command takes to verify an export: `npm run bench -- verify [--entries N]`, a million unless told. */
export const run: Run = async ({ args }) => {
  const { values } = parseArgs({ args: [...args], options: { entries: { type: 'string', default: '1000000' } } })
  const entries = Number(values.entries)
  const folder = await mkdtemp(join(tmpdir(), 'metaagent-bench-verify-'))
  try {
    const path = join(folder, 'export.jsonl')
    await writeExport(path, entries)
    const startedAt = performance.now()
    const exitCode = await runVerifyCli([path, '--json'], {
      stdin: (async function* () {})(),
      writeOut: (text) => console.log(text.trimEnd()),
      writeError: (text) => console.error(text.trimEnd()),
    })
    const exportMs = Math.round(performance.now() - startedAt)
    const limitMs = Math.max(LIMIT_MS, (entries / 1_000_000) * LIMIT_MS)
    const passed = exitCode === 0 && exportMs <= limitMs
    const result = {
      entries,
      exportBytes: (await stat(path)).size,
      exportMs,
      limitMs,
      nativeHashesPerSecond: hashesPerSecond(nodeSha256),
      portableHashesPerSecond: hashesPerSecond(sha256),
    }
    return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, result }
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function writeExport(path: string, entries: number): Promise<void> {
  const frontier = new Frontier(nodeSha256)
  for (let number = 0; number < entries; number++) frontier.append(leafHash(nodeSha256, utf8Bytes(entryOf(number))))
  const signer = await signerFromSeed('ledger.example/bench', new Uint8Array(32))
  const text = formatCheckpoint({ origin: signer.key.name, size: entries, root: frontier.root() })
  const checkpoint = await signNote(text, [signer])
  const out = createWriteStream(path)
  const verifierKey = formatVerifierKey(signer.key)
  out.write(formatProofFile({ format: PROOF_FORMAT, kind: 'export', treeSize: entries, checkpoint, verifierKey }))
  for (let number = 0; number < entries; number++) {
    if (!out.write(`${entryOf(number)}\n`)) await once(out, 'drain')
  }
  out.end()
  await once(out, 'finish')
}

/** About 650 bytes, as a rollout's decision has them. */
function entryOf(number: number): string {
  const id = `01937b1e-7c1a-7f00-8000-${String(number).padStart(12, '0')}`
  return canonicalJson({
    eventId: id,
    organizationId: '01937b1e-7c1a-7f00-8000-000000000001',
    type: 'rollouts.step.decided',
    subject: `rollout/${id}`,
    actor: { kind: 'system', id: 'rollouts' },
    correlationId: id,
    causationId: null,
    occurredAt: '2026-11-20T10:00:00.000Z',
    payload: {
      because: { rule: 'duration-not-proven-safe', observed: 1.07, limit: 1.1, text: 'the upper bound is above' },
      evidence: { arms: ['control', 'treatment'], samples: [114, 114], pValue: 0.0005, lower: 0.98, upper: 1.21 },
      person: { enc: 'A256GCM', subject: id, iv: 'AAAAAAAAAAAAAAAA', ct: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' },
    },
  })
}

function hashesPerSecond(hash: (data: Uint8Array) => Uint8Array): number {
  const data = new Uint8Array(65)
  const count = 200_000
  const startedAt = performance.now()
  for (let at = 0; at < count; at++) hash(data)
  return Math.round(count / ((performance.now() - startedAt) / 1000))
}
