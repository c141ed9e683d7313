import type { AlertSeverity, AmendmentEvidence, Because, EventActor, FailureCounts } from '@metaagent/contract'
import { addMs, type Instant } from '../../../../kernel/instant.ts'
import { diffTexts } from '../../../../kernel/texts/difference.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { appendDecision } from '../../../govern/journal/index.ts'
import { tunableNumber } from '../../../govern/tunables/index.ts'
import type { DriftNews } from '../model/proposal.ts'
import { type AmendmentRow, insertAmendment, insertRevision, updateAmendment } from '../store/amendments.ts'
import type { InForce } from '../store/documents.ts'
import { digestOfText } from './texts.ts'

const dayMs = 86_400_000

/** What an amendment begins with. */
export interface Opening {
  readonly origin: 'drift' | 'person'
  /** What drifted or recovered; null: a person wrote it. */
  readonly streamId: string | null
  readonly news: DriftNews | null
  readonly title: string
  readonly reason: string
  readonly severity: AlertSeverity
  readonly section: string | null
  readonly failures: FailureCounts | null
  readonly because: Because
  readonly evidence: readonly AmendmentEvidence[]
  readonly draft: string
}

/** The event that led to something: its story goes on. */
export interface LedBy {
  readonly correlationId: string
  readonly causationId: string
}

/** Opens an amendment of a document that is locked, with its first revision, and tells it. */
export async function openAmendment(
  deps: Deps,
  tx: Tx,
  asked: {
    readonly document: InForce
    readonly opening: Opening
    readonly actor: EventActor
    readonly ledBy: LedBy | null
  },
): Promise<AmendmentRow> {
  const { document, opening, actor, ledBy } = asked
  const now = deps.clock.now()
  const amendmentId = deps.ids.uuid()
  const days = await tunableNumber(deps, tx, 'amendments.open_days')
  const row: AmendmentRow = {
    ...opening,
    ...textOf(document, opening.draft),
    amendmentId,
    document: document.name,
    state: 'open',
    alarms: opening.news === null ? 0 : 1,
    revision: 1,
    isEdited: false,
    openedBy: nameOf(actor),
    openedAt: now,
    updatedAt: now,
    expiresAt: addMs(now, days * dayMs),
    decidedBy: null,
    decidedAt: null,
    decisionReason: null,
    approvalId: null,
    correlationId: ledBy?.correlationId ?? amendmentId,
  }
  await insertAmendment(tx, row)
  await keepRevision(tx, row, { author: row.openedBy, note: row.reason, now })
  const { origin, section, failures, because } = row
  const payload = { ...factsOf(row), origin, section, failures, because, alarmId: opening.news?.alarmId ?? null }
  await appendDecision(
    deps,
    tx,
    { type: 'amendments.proposal.opened', ...storyOf(row, actor, ledBy), payload },
    { verdict: 'opened', because },
  )
  return row
}

/** Writes another text of an open amendment, as its next revision; the caller tells it. */
export async function writeDraft(
  deps: Deps,
  tx: Tx,
  asked: {
    readonly row: AmendmentRow
    readonly document: Pick<InForce, 'name' | 'version' | 'digest' | 'text'>
    readonly draft: string
    readonly author: string
    readonly note: string
  },
): Promise<AmendmentRow> {
  const { row, document, draft, author, note } = asked
  const now = deps.clock.now()
  const next: AmendmentRow = { ...row, ...textOf(document, draft), revision: row.revision + 1, updatedAt: now }
  await updateAmendment(tx, next)
  await keepRevision(tx, next, { author, note, now })
  return next
}

function textOf(document: Pick<InForce, 'name' | 'version' | 'digest' | 'text'>, draft: string) {
  const { added, removed } = diffTexts(document.name, document.text, draft).changed
  return {
    baseVersion: document.version,
    baseDigest: document.digest,
    draft,
    draftDigest: digestOfText(draft),
    added,
    removed,
  }
}

async function keepRevision(
  tx: Tx,
  { amendmentId, revision, baseVersion, draft, draftDigest }: AmendmentRow,
  { author, note, now }: { readonly author: string; readonly note: string; readonly now: Instant },
): Promise<void> {
  await insertRevision(tx, amendmentId, { revision, baseVersion, draft, draftDigest, author, note, madeAt: now })
}

/** What each event of an amendment tells: which text of which document, by digest. */
export function factsOf(row: AmendmentRow) {
  const { amendmentId, document, revision, baseVersion, baseDigest, draftDigest, severity } = row
  return { amendmentId, document, revision, baseVersion, baseDigest, draftDigest, severity }
}

/** Subject, actor and place in the story of an amendment's events. */
export function storyOf(row: AmendmentRow, actor: EventActor, ledBy: LedBy | null = null) {
  return {
    subject: `amendment/${row.amendmentId}`,
    actor,
    correlationId: row.correlationId,
    ...(ledBy === null ? {} : { causationId: ledBy.causationId }),
  }
}

export function nameOf(actor: EventActor): string {
  return `${actor.kind}:${actor.id}`
}
