import { createWriteStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { AnchorList, AnchorRun, type LedgerEntry, LedgerEntryPage, LedgerKeyList } from '@metaagent/contract'
import { actorOf } from '@metaagent/verify'
import { readConfig } from '../config.ts'
import { type Api, apiFor, CommandRefused } from './api.ts'
import type { Output } from './output.ts'

interface ServerOptions {
  readonly url?: string | undefined
  readonly apiKey?: string | undefined
}

/** What every audit command can be narrowed down to. */
export interface AuditFilters {
  readonly type?: string | undefined
  readonly subject?: string | undefined
  readonly actor?: string | undefined
  readonly agent?: string | undefined
  readonly provider?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
}

const pollMs = 2_000
const mostPerPage = 200

/** `metaagent audit tail`: the newest entries, oldest first, and with `follow` those that come, until it is stopped. */
export async function auditTailCommand(
  options: ServerOptions & AuditFilters & { readonly lines: number; readonly follow: boolean },
  output: Output,
  signal: AbortSignal,
  api: Api = apiFor(readConfig(), options),
): Promise<void> {
  const print = (entries: readonly LedgerEntry[]) => {
    for (const entry of entries) output.stream(entry, lineOf(entry))
  }
  const first = await api.request(
    'GET',
    `/api/v1/ledger/entries?${queryOf(options, { limit: options.lines })}`,
    LedgerEntryPage,
  )
  let seen = first.items[0]?.index ?? -1
  print(first.items.toReversed())
  while (options.follow && !signal.aborted) {
    await waitOr(signal, pollMs)
    const fresh = signal.aborted ? [] : await entriesBehind(api, options, seen)
    seen = fresh.at(-1)?.index ?? seen
    print(fresh)
  }
}

/** Entries with a larger index than this, oldest first, in as many pages as it takes. */
async function entriesBehind(api: Api, filters: AuditFilters, seen: number): Promise<readonly LedgerEntry[]> {
  const fresh: LedgerEntry[] = []
  for (let cursor: string | null = null; ; ) {
    const query = queryOf(filters, { limit: mostPerPage, ...(cursor === null ? {} : { cursor }) })
    const page = await api.request('GET', `/api/v1/ledger/entries?${query}`, LedgerEntryPage)
    const more = page.items.filter(({ index }) => index > seen)
    fresh.push(...more)
    cursor = page.nextCursor
    if (cursor === null || more.length < page.items.length || seen < 0) return fresh.toReversed()
  }
}

function lineOf({ index, occurredAt, type, subject, content }: LedgerEntry): string {
  const actor =
    typeof content === 'object' && content !== null && !Array.isArray(content) ? content['actor'] : undefined
  return [String(index), occurredAt, type, subject, actorOf(actor)].join('  ')
}

async function waitOr(signal: AbortSignal, durationMs: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, durationMs)
    function done() {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done)
  })
}

export type AuditFormat = 'jsonl' | 'json' | 'csv'

/**
 * `metaagent audit export`: the ledger, or what the filters let through, into a file that verifies offline, or to standard
 * output. Streamed: the memory does not grow with the ledger. Beside a file stand the keys with their times and, for a
 * table, the head with the signed checkpoint.
 */
export async function auditExportCommand(
  options: ServerOptions &
    AuditFilters & { readonly format: AuditFormat; readonly out?: string | undefined; readonly witnessed?: boolean },
  output: Output,
  api: Api = apiFor(readConfig(), options),
): Promise<void> {
  const { format, out, witnessed = false } = options
  if (out === undefined && output.json)
    throw new CommandRefused('With --json the result goes to standard output: name a file with --out.')
  const response = await api.open(
    `/api/v1/ledger/export?${queryOf(options, { format, ...(witnessed ? { witnessed: 'true' } : {}) })}`,
  )
  const head = response.headers.get('metaagent-export')
  if (response.body === null || head === null)
    throw new CommandRefused(`${api.url} answered no export; is it a MetaAgent of the same version?`)
  const counted = { bytes: 0, lines: 0 }
  const progress = progressOf(counted, out === undefined || !process.stderr.isTTY ? null : process.stderr)
  const target = out === undefined ? process.stdout : createWriteStream(out)
  try {
    await pipeline(Readable.fromWeb(response.body), counter(counted), target, { end: out !== undefined })
  } finally {
    progress.stop()
  }
  const header = Buffer.from(head, 'base64').toString('utf8')
  const beside = out === undefined ? [] : await writeBeside(api, out, format, header)
  const { treeSize, kind } = JSON.parse(header) as { readonly treeSize: number; readonly kind: string }
  output.result({ file: out, format, kind, treeSize, bytes: counted.bytes, beside })
  if (out === undefined) return
  output.line(
    `${out}: ${counted.bytes} bytes of a tree of ${treeSize} entries. Check it with: metaagent audit verify ${out}`,
  )
}

async function writeBeside(api: Api, out: string, format: AuditFormat, header: string): Promise<readonly string[]> {
  const keys = await api.request('GET', '/api/v1/ledger/keys', LedgerKeyList)
  const files: (readonly [string, string])[] = [[`${out}.keys.json`, `${JSON.stringify(keys, null, 2)}\n`]]
  if (format === 'csv') files.push([`${out}.checkpoint.json`, `${header}\n`])
  for (const [path, text] of files) await writeFile(path, text)
  return files.map(([path]) => path)
}

interface Counted {
  bytes: number
  lines: number
}

function counter(counted: Counted): Transform {
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      counted.bytes += chunk.length
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) counted.lines++
      done(null, chunk)
    },
  })
}

function progressOf(counted: Counted, stream: NodeJS.WriteStream | null): { stop(): void } {
  if (stream === null) return { stop: () => {} }
  const show = () => stream.write(`\r${counted.lines} lines, ${(counted.bytes / 1e6).toFixed(1)} MB`)
  const timer = setInterval(show, 500)
  return {
    stop: () => {
      clearInterval(timer)
      show()
      stream.write('\n')
    },
  }
}

/**
 * `metaagent audit anchor`: keeps the newest checkpoint at every anchor, or at one, now; `list` only says how they stand.
 * Returns whether all of them work.
 */
export async function auditAnchorCommand(
  options: ServerOptions & { readonly name?: string | undefined; readonly list: boolean },
  output: Output,
  api: Api = apiFor(readConfig(), options),
): Promise<boolean> {
  const { items } = await api.request('GET', '/api/v1/anchors', AnchorList)
  const chosen = items.filter(({ name, enabled }) => (options.name === undefined ? enabled : name === options.name))
  if (options.name !== undefined && chosen.length === 0)
    throw new CommandRefused(`No anchor is called ${options.name}. "metaagent audit anchor --list" names them.`)
  if (chosen.length === 0) output.line('No anchor is set up: whoever controls this deployment controls its past.')
  const told: unknown[] = []
  let allWork = chosen.length > 0
  for (const anchor of chosen) {
    const run = options.list ? null : await api.request('POST', `/api/v1/anchors/${anchor.anchorId}/run`, AnchorRun, {})
    const now = run?.anchor ?? anchor
    allWork &&= now.state === 'working'
    told.push(run ?? anchor)
    const words = run?.because.text ?? now.because?.text ?? `newest kept: ${now.lastTreeSize ?? 'none'}`
    output.line([now.name, now.settings.kind, run?.outcome ?? now.state, words].join('  '))
  }
  output.result({ anchors: told })
  return allWork
}

/** `metaagent ledger rotate-key`: a new signing key, and for a while the old one beside it. */
export async function rotateKeyCommand(
  options: ServerOptions & {
    readonly overlapDays: number
    readonly reason: string
    readonly approval?: string | undefined
  },
  output: Output,
  api: Api = apiFor(readConfig(), options),
): Promise<void> {
  const known = await api.request('GET', '/api/v1/ledger/keys', LedgerKeyList)
  const { overlapDays, reason, approval } = options
  const rotated = await api.request('POST', '/api/v1/ledger/keys/rotate', LedgerKeyList, {
    overlapDays,
    reason,
    expectedKeyNumber: known.items[0]?.keyNumber ?? 0,
    ...(approval === undefined ? {} : { approvalId: approval }),
  })
  output.result(rotated)
  for (const { keyNumber, state, signsFrom, signsUntil, verifierKey } of rotated.items)
    output.line([`key ${keyNumber}`, state, `${signsFrom} to ${signsUntil ?? 'no end'}`, verifierKey].join('  '))
}

function queryOf(filters: AuditFilters, more: Readonly<Record<string, string | number>>): URLSearchParams {
  const { type, subject, actor, agent, provider, from, to } = filters
  const query = new URLSearchParams()
  const all = { type, subject, actor, agent, provider, from: timeOf('from', from), to: timeOf('to', to), ...more }
  for (const [name, value] of Object.entries(all)) if (value !== undefined) query.set(name, String(value))
  return query
}

/** A day, or a time with its zone, as the API takes it. */
function timeOf(name: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const at = new Date(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text)
  if (Number.isNaN(at.getTime())) throw new CommandRefused(`--${name} takes a day as YYYY-MM-DD or a time in ISO 8601.`)
  return at.toISOString()
}
