import type { Amendment, AmendmentDetail } from '@metaagent/contract'
import { toIso } from '../../../../kernel/instant.ts'
import { diffTexts } from '../../../../kernel/texts/difference.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { decideNeed, rulesNow } from '../../../govern/approvals/index.ts'
import { weighAmendment } from '../model/weight.ts'
import { type AmendmentRow, revisionsOf } from '../store/amendments.ts'
import { type InForce, versionOf } from '../store/documents.ts'
import { mergeDraft } from './texts.ts'

/** Every amendment counts where it holds, which is everywhere. */
export const amendmentEnvironment = 'production'

type Current = Pick<InForce, 'version' | 'digest'>

/** The amendment as the API shows it, beside what is in force of its document. */
export function describeAmendment(row: AmendmentRow, current: Current): Amendment {
  const { added, removed, openedAt, updatedAt, expiresAt, decidedAt, evidence, streamId: _stream, news: _news } = row
  const { draft: _draft, ...shown } = row
  const weight = weighAmendment({ severity: row.severity, removedLines: removed })
  return {
    ...shown,
    evidence: [...evidence],
    changed: { added, removed },
    impact: weight.impact,
    impactBecause: weight.because,
    isCurrent: row.baseVersion === current.version && row.baseDigest === current.digest,
    openedAt: toIso(openedAt),
    updatedAt: toIso(updatedAt),
    expiresAt: toIso(expiresAt),
    decidedAt: decidedAt === null ? null : toIso(decidedAt),
  }
}

/** The same with its text, what it changes, how it came to be, whether it still fits, and who has to agree. */
export async function describeDetail(
  deps: Deps,
  tx: Tx,
  row: AmendmentRow,
  document: InForce,
): Promise<AmendmentDetail> {
  const amendment = describeAmendment(row, document)
  const base = await textOfVersion(tx, row.document, row.baseVersion)
  const revisions = await revisionsOf(tx, row.amendmentId)
  const isOpen = row.state === 'open'
  return {
    ...amendment,
    draft: row.draft,
    diff: diffTexts(row.document, base, row.draft),
    revisions: revisions.map(({ madeAt, ...revision }) => ({ ...revision, at: toIso(madeAt) })),
    rebase: !isOpen || amendment.isCurrent ? 'not-needed' : rebaseOf(base, row.draft, document.text),
    need: isOpen ? await needOf(deps, tx, amendment) : null,
  }
}

function rebaseOf(base: string, draft: string, inForce: string): 'clean' | 'conflicts' {
  return mergeDraft({ base, draft, inForce }) === null ? 'conflicts' : 'clean'
}

async function needOf(deps: Deps, tx: Tx, { impact }: Amendment): Promise<AmendmentDetail['need']> {
  const { rules } = await rulesNow(deps, tx)
  return decideNeed({ rules, impact, environment: amendmentEnvironment })
}

/** The text of a version; version 0 is the empty one. */
export async function textOfVersion(tx: Tx, name: string, version: number): Promise<string> {
  return version === 0 ? '' : ((await versionOf(tx, name, version))?.text ?? '')
}
