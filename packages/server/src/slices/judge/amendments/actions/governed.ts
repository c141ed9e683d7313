import { readFileSync } from 'node:fs'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { type Result, refuse } from '../../../../kernel/result.ts'
import { diffTexts } from '../../../../kernel/texts/difference.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { documentByName, hasDocuments, type InForce, insertDocument, insertVersion } from '../store/documents.ts'
import { digestOfText, normalText } from './texts.ts'

/** What every organization begins with; beside the program, so that a deployment may ship its own. */
const shipped = ['QA.md', 'AGENTS.md'] as const
const folder = new URL('../../../../../config/documents/', import.meta.url)

/** Writes the shipped documents down at the first look, so that an upgrade does not change them silently. */
export async function ensureDocuments(deps: Deps, tx: Tx): Promise<void> {
  if (await hasDocuments(tx)) return
  for (const name of shipped) {
    const text = normalText(readFileSync(new URL(name, folder), 'utf8'))
    const createdBy = 'system:seed'
    const now = deps.clock.now()
    if (!(await insertDocument(tx, { name, digest: digestOfText(''), createdBy, now }))) continue
    const { added, removed } = diffTexts(name, '', text).changed
    await insertVersion(tx, name, {
      version: 1,
      text,
      digest: digestOfText(text),
      author: createdBy,
      amendmentId: null,
      approvalId: null,
      added,
      removed,
      ratifiedAt: now,
    })
  }
}

export const unknownDocument: Result<never> = refuse(
  'not-found',
  'There is no governed document of this name. GET /api/v1/documents lists them.',
)

/** A document that an amendment names; it is there, since nothing removes one. */
export async function lockDocument(tx: Tx, name: string): Promise<InForce> {
  const document = await documentByName(tx, name, true)
  assertInvariant(document !== null, 'the document of an amendment is there')
  return document
}
