import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { AuditFileCheck, type AuditForm, type AuditHeader, auditFormOf, parseAuditHeader } from './audit-file.ts'
import { utf8Text } from './bytes.ts'
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts'
import { parseWitnessKey } from './cosignature.ts'
import { isEvidencePack, verifyEvidencePack } from './evidence-pack.ts'
import { InputLines, InputTooLarge } from './input-lines.ts'
import { nodeSha256 } from './node.ts'
import { parseNote, parseVerifierKey } from './note.ts'
import { accept, type Outcome, refuse } from './outcome.ts'
import { parseProofFile } from './proof-file.ts'
import { jsonLine, jsonOfVerified, type Verified, wordsOfFault, wordsOfVerified } from './report.ts'
import { isTlogProof } from './tlog-proof.ts'
import { tlogProofToInclusion, type VerifyOptions, verifyInclusionFile, verifyProofFile } from './verify-file.ts'

// Far above any single proof (a few kB), far below what would exhaust the memory.
const MAX_PROOF_BYTES = 16 * 1024 * 1024

export const VERIFY_HELP = `Usage: metaagent-verify FILE [--key VKEY] [--origin NAME] [--seen FILE]
                             [--witness VKEY]... [--quorum N] [--checkpoint FILE] [--json]

Checks a proof of a MetaAgent ledger. Works offline and trusts nobody but the key.

  FILE           a metaagent-proof/v1 file (inclusion, consistency, export or selection;
                 exports also as one JSON document or as CSV), an evidence pack
                 (metaagent-evidence/v1), a C2SP .tlog-proof file,
                 or - for standard input
  --key VKEY     the log's verifier key (NAME+ID+KEY), which you got from its owner.
                 Without it the key named in the file is used, which proves much less.
  --origin NAME  the log's name, when it is not the name of the key
  --seen FILE    a signed checkpoint that you saw earlier: the log may not have gone back
                 behind it nor changed what it held
  --witness VKEY the key of a witness that you trust; give it once for each
  --quorum N     how many of them must have cosigned (default: all that are given)
  --checkpoint FILE
                 the head of an export as CSV (default: FILE.checkpoint.json beside it)
  --json         one line of JSON instead of words
  --help         this text

Exit code: 0 verified, 1 refused, 2 not checked (wrong usage, unreadable file, a runtime
without Ed25519).
`

/** Where the command reads and writes. */
export interface VerifyIo {
  readonly stdin: AsyncIterable<Uint8Array>
  readonly writeOut: (text: string) => void
  readonly writeError: (text: string) => void
}

/** 0: verified. 1: refused, for whatever the file holds. 2: not checked, for reasons outside of the file. */
export type VerifyExitCode = 0 | 1 | 2

/** Something outside of the file keeps it from being checked. */
class NotChecked extends Error {
  override readonly name = 'NotChecked'
}

interface Invocation {
  readonly file: string
  readonly json: boolean
  /** Where the head of a table stands. */
  readonly checkpointFile: string
  readonly options: VerifyOptions
}

/** The whole command, `args` without program and script name. Never rejects: what goes wrong is said and is exit code 2. */
export async function runVerifyCli(args: readonly string[], io: VerifyIo): Promise<VerifyExitCode> {
  const asJson = args.includes('--json')
  try {
    const invocation = await parseInvocation(args)
    if (invocation === null) {
      io.writeOut(VERIFY_HELP)
      return 0
    }
    return report(await checkInput(invocation, io), invocation, io)
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    if (asJson) io.writeOut(jsonLine({ verdict: 'not_checked', detail }))
    else io.writeError(`metaagent-verify: ${detail}\n`)
    return 2
  }
}

function report(outcome: Outcome<Verified>, { json, options }: Invocation, io: VerifyIo): VerifyExitCode {
  const seenGiven = options.seen !== undefined
  if (outcome.ok) {
    io.writeOut(json ? jsonLine(jsonOfVerified(outcome.value, seenGiven)) : wordsOfVerified(outcome.value, seenGiven))
    return 0
  }
  io.writeOut(json ? jsonLine({ verdict: 'refused', ...outcome.fault }) : wordsOfFault(outcome.fault))
  return 1
}

async function parseInvocation(args: readonly string[]): Promise<Invocation | null> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      key: { type: 'string' },
      origin: { type: 'string' },
      seen: { type: 'string' },
      witness: { type: 'string', multiple: true, default: [] },
      quorum: { type: 'string' },
      checkpoint: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return null
  const [file, ...more] = positionals
  if (file === undefined || more.length > 0) throw new NotChecked('give one FILE, or - for standard input (see --help)')
  const key = values.key === undefined ? undefined : insist(parseVerifierKey(values.key.trim()), '--key')
  const seen = values.seen === undefined ? undefined : await readSeen(values.seen)
  const witnesses = values.witness.map((text) => insist(parseWitnessKey(text.trim()), '--witness'))
  const quorum = quorumOf(values.quorum, witnesses.length)
  const options = { key, origin: values.origin, seen, witnesses, quorum, sha256: nodeSha256 }
  return { file, json: values.json, checkpointFile: values.checkpoint ?? `${file}.checkpoint.json`, options }
}

function quorumOf(text: string | undefined, witnesses: number): number {
  if (text === undefined) return witnesses
  const quorum = Number(text)
  if (Number.isInteger(quorum) && quorum >= 0 && quorum <= witnesses) return quorum
  throw new NotChecked(`--quorum takes a whole number up to the ${witnesses} witnesses that are given`)
}

async function readSeen(path: string): Promise<Checkpoint> {
  const note = insist(parseNote(await readFile(path, 'utf8')), '--seen')
  return insist(parseCheckpoint(note.text), '--seen')
}

function insist<T>(outcome: Outcome<T>, option: string): T {
  if (!outcome.ok) throw new NotChecked(`${option}: ${outcome.fault.detail}`)
  return outcome.value
}

async function checkInput(invocation: Invocation, io: VerifyIo): Promise<Outcome<Verified>> {
  const { file, options } = invocation
  const lines = new InputLines(file === '-' ? io.stdin : createReadStream(file, { highWaterMark: 1024 * 1024 }))
  try {
    const firstLine = utf8Text(await lines.peek(MAX_PROOF_BYTES))
    const form = firstLine === null ? null : auditFormOf(firstLine)
    if (form !== null) return await checkExport(form, lines, invocation)
    const text = utf8Text(await lines.all(MAX_PROOF_BYTES))
    return text === null ? refuse('malformed', 'the file is not text') : await checkText(text, options)
  } catch (error) {
    if (error instanceof InputTooLarge) return refuse('malformed', `${error.message}: this is no proof file`)
    throw error
  } finally {
    await lines.close()
  }
}

/** The head of a table, which stands in a file beside it. */
async function headerBeside(path: string): Promise<AuditHeader> {
  const text = await readFile(path, 'utf8').catch(() => null)
  if (text === null) throw new NotChecked(`a table needs the head of its export: no file ${path} (see --checkpoint)`)
  const header = parseAuditHeader(text)
  if (header === null) throw new NotChecked(`${path} is not the head of an export`)
  return header
}

async function checkText(text: string, options: VerifyOptions): Promise<Outcome<Verified>> {
  if (isTlogProof(text)) {
    if (options.key === undefined) throw new NotChecked('a .tlog-proof file names no key: give the log’s with --key')
    const file = tlogProofToInclusion(text, options.key)
    return file.ok ? verifyInclusionFile(file.value, options) : file
  }
  if (isEvidencePack(text)) return verifyEvidencePack(text, options)
  const parsed = parseProofFile(text)
  if (!parsed.ok) return parsed
  if (parsed.value.kind === 'export' || parsed.value.kind === 'selection') {
    return refuse('malformed', 'the head of an export stands in one line, with one entry in each line after it')
  }
  return verifyProofFile(parsed.value, options)
}

async function checkExport(
  { form, header }: AuditForm,
  lines: InputLines,
  { checkpointFile, options }: Invocation,
): Promise<Outcome<Verified>> {
  const started = await AuditFileCheck.start(header ?? (await headerBeside(checkpointFile)), form, options)
  if (!started.ok) return started
  const check = started.value
  let added: Outcome<unknown> = accept(true)
  let isHead = true
  await lines.each(MAX_PROOF_BYTES, (line) => {
    if (!isHead) added = check.line(line)
    isHead = false
    return added.ok
  })
  // Only refusals are handed on.
  return added.ok ? check.finish() : added
}
