import { type AmendmentEvidence, DriftPayload, type DriftStreamName, type JournalEvent } from '@metaagent/contract'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { append } from '../../../govern/journal/index.ts'
import { namesOf } from '../../../observe/registry/index.ts'
import { decideMoreDrift } from '../model/amendment.ts'
import { type DriftNews, proposeAmendment } from '../model/proposal.ts'
import { type AmendmentRow, insertAlarm, lockOpenOfStream, updateAmendment } from '../store/amendments.ts'
import { documentByName, type InForce } from '../store/documents.ts'
import { markExpired, takeBack } from './decide.ts'
import { factsOf, type LedBy, nameOf, openAmendment, storyOf, writeDraft } from './drafts.ts'
import { ensureDocuments } from './governed.ts'
import { headingsOf } from './texts.ts'

const drift = { kind: 'system', id: 'drift' } as const

/** Turns a broadcast drift alarm into an amendment of each document that it speaks to, or into more of the open one. */
export async function followDrift(deps: Deps, tx: Tx, event: JournalEvent): Promise<void> {
  // A type of ours, but anybody may journal it under an own source: what has not its shape is none of ours.
  const parsed = DriftPayload.safeParse(event.payload)
  if (!parsed.success) return
  await ensureDocuments(deps, tx)
  const told = await newsOf(deps, tx, parsed.data, event.occurredAt.slice(0, 10))
  const ledBy: LedBy = { correlationId: event.correlationId, causationId: event.eventId }
  for (const news of told) {
    const document = await documentByName(tx, news.document, true)
    if (document !== null) await propose(deps, tx, document, { ...news, document: document.name }, ledBy)
  }
}

async function propose(deps: Deps, tx: Tx, document: InForce, news: DriftNews, ledBy: LedBy): Promise<void> {
  const open = await lockOpenOfStream(tx, news.streamId, document.name)
  const isStanding = open !== null && open.expiresAt > deps.clock.now()
  if (isStanding && open.news !== null) return addDrift(deps, tx, open, document, news, ledBy)
  // A stream has one open amendment of a document: one that is past its time, or that takes a rule out, makes room.
  if (isStanding) await takeBack(deps, tx, open, ledBy)
  else if (open !== null) await markExpired(deps, tx, open)
  const { text } = document
  const { severity, section, failures, because, evidence } = news
  const proposal = proposeAmendment({ news, text, headings: headingsOf(text) })
  const { streamId } = news
  const opening = {
    origin: 'drift',
    streamId,
    news,
    severity,
    section,
    failures,
    because,
    evidence,
    ...proposal,
  } as const
  const row = await openAmendment(deps, tx, { document, opening, actor: drift, ledBy })
  await insertAlarm(tx, row.amendmentId, news.alarmId, deps.clock.now())
}

async function addDrift(
  deps: Deps,
  tx: Tx,
  row: AmendmentRow,
  document: InForce,
  news: DriftNews,
  ledBy: LedBy,
): Promise<void> {
  const { severity, evidence, isEdited } = row
  const more = decideMoreDrift({ severity, evidence, isEdited, news })
  await insertAlarm(tx, row.amendmentId, news.alarmId, deps.clock.now())
  const known: AmendmentRow = {
    ...row,
    news,
    severity: more.severity,
    evidence: more.evidence,
    failures: news.failures,
    because: news.because,
    alarms: row.alarms + 1,
    updatedAt: deps.clock.now(),
  }
  const next = more.rewrite ? await rewrite(deps, tx, known, document, news) : known
  if (!more.rewrite) await updateAmendment(tx, known)
  const { alarmId } = news
  const payload = { ...factsOf(next), change: 'more-drift' as const, alarmId, because: more.because }
  await append(deps, tx, [{ type: 'amendments.proposal.updated', ...storyOf(next, drift, ledBy), payload }])
}

async function rewrite(deps: Deps, tx: Tx, row: AmendmentRow, document: InForce, news: DriftNews) {
  const { text } = document
  const { draft, title, reason } = proposeAmendment({ news, text, headings: headingsOf(text) })
  const written = { row: { ...row, title, reason }, document, draft, author: nameOf(drift), note: reason }
  return writeDraft(deps, tx, written)
}

/** The news for each document that the alarm recommends, the first section of each. */
async function newsOf(deps: Deps, tx: Tx, payload: DriftPayload, day: string): Promise<readonly DriftNews[]> {
  const { alarmId, streamId, stream, severity, failures, runs, because, recommendations } = payload
  const evidence: readonly AmendmentEvidence[] = [
    { kind: 'alarm', id: alarmId },
    { kind: 'stream', id: streamId },
    ...payload.judgmentIds.map((id) => ({ kind: 'judgment', id }) as const),
    ...payload.executionIds.map((id) => ({ kind: 'execution', id }) as const),
  ]
  const agent = await agentName(deps, tx, stream.agentId)
  const places = new Map(recommendations.toReversed().map(({ document, section }) => [document, section]))
  return [...places].map(([document, section]) => ({
    alarmId,
    streamId,
    kind: stream.kind,
    stream: wordsOf(stream, agent),
    metric: stream.metric,
    severity,
    failures: failures === null ? null : { failures, total: runs },
    because,
    document,
    section,
    evidence,
    day,
  }))
}

async function agentName(deps: Deps, tx: Tx, agentId: string | null): Promise<string | null> {
  if (agentId === null) return null
  return (await namesOf(deps, tx, { agentIds: [agentId], releaseIds: [] })).get(agentId) ?? agentId
}

/** The stream in words: `helpfulness of agent support`. */
function wordsOf({ metric, judge, subject }: DriftStreamName, agent: string | null): string {
  const of = [
    agent === null ? '' : ` of agent ${agent}`,
    subject === null ? '' : ` of ${subject.kind} ${subject.id}`,
    judge === null ? '' : ` by judge ${judge}`,
  ]
  return `${metric}${of.join('')}`
}
