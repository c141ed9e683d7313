import { createHash } from 'node:crypto'
import type { StatusWord, StatusWordChange, StatusWordTable } from '@metaagent/contract'
import type { z } from 'zod'
import { canonicalJson } from '../../../../kernel/canonical-json.ts'
import { toIso } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { passGate } from '../../../govern/approvals/index.ts'
import { actorOf, append } from '../../../govern/journal/index.ts'
import { faultInWords, tidyWords, type WeighedWords, weighWords } from '../model/status-word-change.ts'
import { type StatusWords, shippedStatusWords, withStatusWords } from '../model/status-words.ts'
import { insertWords, lockWords, presentWords, type StatusWordsRow } from '../store/status-words.ts'

/** What words mean for an organization: its own before the shipped ones. */
export async function statusWordsOf(deps: Deps, organizationId: string): Promise<StatusWords> {
  const row = await deps.store.transaction({ organizationId }, presentWords)
  return withStatusWords(shippedStatusWords, row?.words ?? [])
}

/** The table that judges' answers are read by. */
export async function readWords(deps: Deps, { organizationId }: Caller): Promise<StatusWordTable> {
  return tableOf(await deps.store.transaction({ organizationId }, presentWords))
}

/** Changes the organization's own words; what would let more answers pass needs an approval. */
export async function changeWords(
  deps: Deps,
  caller: Caller,
  { words, reason, expectedVersion, approvalId: approval }: z.output<typeof StatusWordChange>,
): Promise<Result<StatusWordTable>> {
  const fault = faultInWords(words)
  if (fault !== null) return refuse('invalid-body', `${fault.path}: ${fault.message}.`, { errors: [fault] })
  const to = tidyWords(words)
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    await lockWords(tx)
    const present = await presentWords(tx)
    const fromVersion = present?.version ?? 0
    if (expectedVersion !== undefined && expectedVersion !== fromVersion)
      return refuse('precondition-failed', `The words have version ${fromVersion} by now. Read them again.`, {
        version: fromVersion,
      })
    const weighed = weighWords(present?.words ?? [], to)
    if (weighed === null) return refuse('conflict', 'The words mean the same already.')
    const passed = await passGate(deps, tx, caller, actionOf(to, weighed, fromVersion), approval ?? null)
    if (!passed.ok) return passed
    const { approvalId } = passed.value
    const actor = actorOf(caller)
    const changedBy = `${actor.kind}:${actor.id}`
    const row = { version: fromVersion + 1, words: to, reason, changedBy, changedAt: deps.clock.now(), approvalId }
    await insertWords(tx, row)
    const { shifts, impact, because } = weighed
    await append(deps, tx, [
      {
        type: 'judgments.status_words.changed',
        subject: 'status-words',
        actor,
        ...(approvalId === null ? {} : { correlationId: approvalId }),
        payload: { version: row.version, words: [...shifts], impact, because, reason, approvalId },
      },
    ])
    return ok(tableOf(row))
  })
}

/** What the approval gate is asked for: bound to every word by the digest. */
function actionOf(words: readonly StatusWord[], { impact, because, shifts }: WeighedWords, fromVersion: number) {
  const digest = createHash('sha256')
    .update(canonicalJson(words.map((word) => ({ ...word }))))
    .digest('hex')
  return {
    operation: 'judgments.status-words.change',
    subject: 'status-words',
    // What a judge's word means is the same in every environment.
    environment: 'production',
    impact,
    parameters: { words: [...shifts], because: because.text, wordsDigest: `sha256:${digest}`, fromVersion },
  }
}

function tableOf(row: StatusWordsRow | null): StatusWordTable {
  const shipped = [...shippedStatusWords].map(([word, meaning]) => ({ word, meaning }))
  if (row === null) return { words: [], shipped, version: 0, reason: null, changedBy: null, changedAt: null }
  const { words, version, reason, changedBy, changedAt } = row
  return { words: [...words], shipped, version, reason, changedBy, changedAt: toIso(changedAt) }
}
