import { ConsistencyProof } from '@metaagent/contract'
import {
  checkSuccession,
  decodeHashes,
  openCheckpoint,
  parseVerifierKey,
  sha256,
  type VerifiedCheckpoint,
  webCryptoVerify,
} from '@metaagent/verify'
import { type Api, CommandRefused } from '../../packages/server/src/app/commands/api.ts'
import type { LogName, Progress } from './progress.ts'

export const logPaths: Readonly<Record<LogName, string>> = {
  organization: '/api/v1/ledger',
  deployment: '/api/v1/ledger/deployment',
}
export const logNames = Object.keys(logPaths) as readonly LogName[]

/**
 * Looks at the newest checkpoint of both logs as an auditor who remembers the last one: the signature must be by the key
 * that was seen first, and the tree must be the remembered one or begin with it. Returns what is wrong.
 */
export async function watchLogs(api: Api, progress: Progress): Promise<readonly string[]> {
  const faults: string[] = []
  for (const log of logNames) {
    const fault = await watchLog(api, progress, log)
    if (fault !== null) faults.push(`the ${log}'s log: ${fault}`)
  }
  return faults
}

async function watchLog(api: Api, progress: Progress, log: LogName): Promise<string | null> {
  const note = await api.text(`${logPaths[log]}/checkpoint`)
  const next = await opened(note, progress, log)
  if (typeof next === 'string') return next
  const remembered = progress.checkpoints[log]
  if (remembered === note) return null
  if (remembered !== undefined) {
    const seen = await opened(remembered, progress, log)
    if (typeof seen === 'string') return seen
    const succession = checkSuccession(sha256, seen, next, await proofBetween(api, log, seen.size, next.size))
    if (!succession.ok) return `${succession.fault.code}: ${succession.fault.detail}`
  }
  progress.add({ kind: 'checkpoint', log, note })
  return null
}

async function opened(note: string, progress: Progress, log: LogName): Promise<VerifiedCheckpoint | string> {
  const key = parseVerifierKey(progress.access?.verifierKeys[log] ?? '')
  if (!key.ok) return key.fault.detail
  const checkpoint = await openCheckpoint(note, { keys: [key.value], verify: webCryptoVerify })
  return checkpoint.ok ? checkpoint.value : `${checkpoint.fault.code}: ${checkpoint.fault.detail}`
}

async function proofBetween(api: Api, log: LogName, from: number, to: number): Promise<readonly Uint8Array[] | null> {
  if (from >= to || from === 0) return null
  try {
    const path = `${logPaths[log]}/consistency?from=${from}&to=${to}`
    return decodeHashes((await api.request('GET', path, ConsistencyProof)).proof)
  } catch (error) {
    // Without a proof the succession is refused, which is the finding. An unreachable server is told by the next call.
    if (error instanceof CommandRefused && !error.message.startsWith('No server')) return null
    throw error
  }
}
