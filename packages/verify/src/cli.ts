import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { utf8Text } from './bytes.ts'
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts'
import { InputLines, InputTooLarge } from './input-lines.ts'
import { nodeSha256 } from './node.ts'
import { parseNote, parseVerifierKey } from './note.ts'
import { accept, type Outcome, refuse } from './outcome.ts'
import { type ExportHeader, parseProofFile } from './proof-file.ts'
import { jsonLine, jsonOfVerified, type Verified, wordsOfFault, wordsOfVerified } from './report.ts'
import { isTlogProof } from './tlog-proof.ts'
import { ExportCheck } from './verify-export.ts'
import { tlogProofToInclusion, type VerifyOptions, verifyInclusionFile, verifyProofFile } from './verify-file.ts'

// Far above any single proof (a few kB), far below what would exhaust the memory.
const MAX_PROOF_BYTES = 16 * 1024 * 1024

export const VERIFY_HELP = `Usage: metaagent-verify FILE [--key VKEY] [--origin NAME] [--seen FILE] [--json]

Checks a proof of a MetaAgent ledger. Works offline and trusts nobody but the key.

  FILE           a metaagent-proof/v1 file (inclusion, consistency or export), a C2SP
                 .tlog-proof file, or - for standard input
  --key VKEY     the log's verifier key (NAME+ID+KEY), which you got from its owner.
                 Without it the key named in the file is used, which proves much less.
  --origin NAME  the log's name, when it is not the name of the key
  --seen FILE    a signed checkpoint that you saw earlier: the log may not have gone back
                 behind it nor changed what it held
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
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return null
  const [file, ...more] = positionals
  if (file === undefined || more.length > 0) throw new NotChecked('give one FILE, or - for standard input (see --help)')
  const key = values.key === undefined ? undefined : insist(parseVerifierKey(values.key.trim()), '--key')
  const seen = values.seen === undefined ? undefined : await readSeen(values.seen)
  return { file, json: values.json, options: { key, origin: values.origin, seen, sha256: nodeSha256 } }
}

async function readSeen(path: string): Promise<Checkpoint> {
  const note = insist(parseNote(await readFile(path, 'utf8')), '--seen')
  return insist(parseCheckpoint(note.text), '--seen')
}

function insist<T>(outcome: Outcome<T>, option: string): T {
  if (!outcome.ok) throw new NotChecked(`${option}: ${outcome.fault.detail}`)
  return outcome.value
}

async function checkInput({ file, options }: Invocation, io: VerifyIo): Promise<Outcome<Verified>> {
  const lines = new InputLines(file === '-' ? io.stdin : createReadStream(file, { highWaterMark: 1024 * 1024 }))
  try {
    const header = exportHeader(await lines.peek(MAX_PROOF_BYTES))
    if (header !== null) return await checkExport(header, lines, options)
    const text = utf8Text(await lines.all(MAX_PROOF_BYTES))
    return text === null ? refuse('malformed', 'the file is not text') : await checkText(text, options)
  } catch (error) {
    if (error instanceof InputTooLarge) return refuse('malformed', `${error.message}: this is no proof file`)
    throw error
  } finally {
    await lines.close()
  }
}

/** The header of an export, which stands alone in the first line; null for everything else. */
function exportHeader(firstLine: Uint8Array): ExportHeader | null {
  const text = utf8Text(firstLine)
  const parsed = text === null ? null : parseProofFile(text)
  return parsed?.ok && parsed.value.kind === 'export' ? parsed.value : null
}

async function checkText(text: string, options: VerifyOptions): Promise<Outcome<Verified>> {
  if (isTlogProof(text)) {
    if (options.key === undefined) throw new NotChecked('a .tlog-proof file names no key: give the log’s with --key')
    const file = tlogProofToInclusion(text, options.key)
    return file.ok ? verifyInclusionFile(file.value, options) : file
  }
  const parsed = parseProofFile(text)
  if (!parsed.ok) return parsed
  if (parsed.value.kind === 'export') {
    return refuse('malformed', 'the header of an export stands in one line, with one entry in each line after it')
  }
  return verifyProofFile(parsed.value, options)
}

async function checkExport(
  header: ExportHeader,
  lines: InputLines,
  options: VerifyOptions,
): Promise<Outcome<Verified>> {
  const started = await ExportCheck.start(header, options)
  if (!started.ok) return started
  const check = started.value
  let added: Outcome<true> = accept(true)
  let isHeader = true
  await lines.each(MAX_PROOF_BYTES, (line) => {
    if (!isHeader) added = check.add(line)
    isHeader = false
    return added.ok
  })
  return added.ok ? check.finish() : added
}
