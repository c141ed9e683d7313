import type { AmendmentDetail, AmendmentDraft, Rebase } from '@metaagent/contract'
import type { z } from 'zod'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { actorOf, append } from '../../../govern/journal/index.ts'
import { evolve, judgeRevision } from '../model/amendment.ts'
import { proposeAmendment } from '../model/proposal.ts'
import { markOf, withoutRule } from '../model/sections.ts'
import { type AmendmentRow, amendmentById } from '../store/amendments.ts'
import type { InForce } from '../store/documents.ts'
import { describeDetail, textOfVersion } from './describe.ts'
import { factsOf, nameOf, storyOf, writeDraft } from './drafts.ts'
import { lockDocument } from './governed.ts'
import { withoutSecrets } from './secrets.ts'
import { headingsOf, mergeDraft, normalText } from './texts.ts'

export const unknownAmendment: Result<never> = refuse(
  'not-found',
  'There is no amendment with this id. GET /api/v1/amendments lists them.',
)

/** An amendment and its document, both locked. The document comes first, so that two decisions never wait in a ring. */
export async function lockAmendment(
  tx: Tx,
  amendmentId: string,
): Promise<{ readonly row: AmendmentRow; readonly document: InForce } | null> {
  const seen = await amendmentById(tx, amendmentId, false)
  if (seen === null) return null
  const document = await lockDocument(tx, seen.document)
  const row = await amendmentById(tx, amendmentId, true)
  return row === null ? null : { row, document }
}

/**
 * Writes the draft of an open amendment anew. With `baseVersion` the text is one that was made from that version, which
 * has to be what is in force: so a person resolves what does not merge.
 */
export async function editDraft(
  deps: Deps,
  caller: Caller,
  amendmentId: string,
  input: z.output<typeof AmendmentDraft>,
): Promise<Result<AmendmentDetail>> {
  const clean = await withoutSecrets(normalText(input.draft))
  if (!clean.ok) return clean
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const found = await lockAmendment(tx, amendmentId)
    if (found === null) return unknownAmendment
    const { row, document } = found
    const allowed = mayChange(deps, row, input.expectedRevision)
    if (!allowed.ok) return allowed
    if (input.baseVersion !== undefined && input.baseVersion !== document.version)
      return refuse('precondition-failed', `The document has version ${document.version} by now. Read it again.`, {
        version: document.version,
      })
    const draft = clean.value
    if (draft === row.draft && (input.baseVersion ?? row.baseVersion) === row.baseVersion)
      return refuse('conflict', 'The draft has this text already.')
    const base = input.baseVersion === undefined ? await baseOf(tx, row) : document
    const actor = actorOf(caller)
    const author = nameOf(actor)
    const next = await writeDraft(deps, tx, {
      row: { ...row, isEdited: true },
      document: base,
      draft,
      author,
      note: input.note,
    })
    await append(deps, tx, [
      {
        type: 'amendments.proposal.updated',
        ...storyOf(next, actor),
        payload: {
          ...factsOf(next),
          change: 'edited',
          alarmId: null,
          because: {
            rule: 'edited-by-a-person',
            observed: next.revision,
            limit: null,
            text: 'Somebody wrote the draft anew; approvals of the old one no longer count.',
          },
        },
      },
    ])
    return ok(await describeDetail(deps, tx, next, document))
  })
}

/** Puts an amendment on what is in force now, where both merge line by line. What drift wrote is written again. */
export async function rebase(
  deps: Deps,
  caller: Caller,
  amendmentId: string,
  input: z.output<typeof Rebase>,
): Promise<Result<AmendmentDetail>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const found = await lockAmendment(tx, amendmentId)
    if (found === null) return unknownAmendment
    const { row, document } = found
    const allowed = mayChange(deps, row, input.expectedRevision)
    if (!allowed.ok) return allowed
    if (row.baseVersion === document.version) return refuse('conflict', 'The amendment stands on what is in force.')
    const draft = await rebasedDraft(tx, row, document)
    if (draft === null)
      return refuse(
        'amendment-outdated',
        `Version ${document.version} changed the same lines otherwise. Write the draft anew with baseVersion ${document.version}.`,
        { version: document.version, rebase: 'conflicts' },
      )
    const actor = actorOf(caller)
    const note = `Rebased from version ${row.baseVersion} to ${document.version}`
    const next = await writeDraft(deps, tx, { row, document, draft, author: nameOf(actor), note })
    await append(deps, tx, [
      {
        type: 'amendments.proposal.updated',
        ...storyOf(next, actor),
        payload: {
          ...factsOf(next),
          change: 'rebased',
          alarmId: null,
          because: {
            rule: 'document-moved-on',
            observed: document.version,
            limit: row.baseVersion,
            text: `${note}; approvals of the old draft no longer count.`,
          },
        },
      },
    ])
    return ok(await describeDetail(deps, tx, next, document))
  })
}

/** What is written by nobody is proposed again on the new text; a person's words are merged. */
async function rebasedDraft(tx: Tx, row: AmendmentRow, document: InForce): Promise<string | null> {
  const { text } = document
  if (row.news !== null && !row.isEdited)
    return proposeAmendment({ news: row.news, text, headings: headingsOf(text) }).draft
  if (row.streamId !== null && !row.isEdited) return withoutRule(text, markOf(row.streamId))
  const base = await textOfVersion(tx, row.document, row.baseVersion)
  return mergeDraft({ base, draft: row.draft, inForce: text })
}

function mayChange(deps: Deps, row: AmendmentRow, expectedRevision: number): Result<unknown> {
  const open = evolve(row, 'change', deps.clock.now())
  return open.ok ? judgeRevision(row, expectedRevision) : open
}

async function baseOf(tx: Tx, row: AmendmentRow) {
  const { document: name, baseVersion: version, baseDigest: digest } = row
  return { name, version, digest, text: await textOfVersion(tx, name, version) }
}
