import type {
  AmendmentDetail,
  DocumentChange,
  DocumentDiff,
  DocumentDiffQuery,
  DocumentSummary,
  DocumentVersion,
  DocumentVersionText,
  GovernedDocument,
  NewDocument,
} from '@metaagent/contract'
import type { z } from 'zod'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { toIso } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import { diffTexts } from '../../../../kernel/texts/difference.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { actorOf, append } from '../../../govern/journal/index.ts'
import {
  documentByName,
  type InForce,
  insertDocument,
  listDocuments,
  listVersions,
  type VersionRow,
  versionOf,
} from '../store/documents.ts'
import { describeDetail } from './describe.ts'
import { nameOf, openAmendment } from './drafts.ts'
import { ensureDocuments, unknownDocument } from './governed.ts'
import { withoutSecrets } from './secrets.ts'
import { digestOfText, normalText } from './texts.ts'

const byPerson = {
  rule: 'written-by-a-person',
  observed: null,
  limit: null,
  text: 'Somebody proposes another text; no alarm led to it.',
} as const

/** Every governed document with what is in force. */
export async function readDocuments(deps: Deps, caller: Caller): Promise<{ items: DocumentSummary[] }> {
  const { organizationId } = caller
  const documents = await deps.store.transaction({ organizationId }, async (tx) => {
    await ensureDocuments(deps, tx)
    return listDocuments(tx)
  })
  return { items: documents.map(summaryOf) }
}

/** What is in force of one document. */
export async function readDocument(deps: Deps, caller: Caller, name: string): Promise<Result<GovernedDocument>> {
  const { organizationId } = caller
  const document = await deps.store.transaction({ organizationId }, async (tx) => {
    await ensureDocuments(deps, tx)
    return documentByName(tx, name, false)
  })
  return document === null ? unknownDocument : ok({ ...summaryOf(document), text: document.text })
}

function summaryOf({ name, version, digest, author, ratifiedAt, openAmendments }: InForce): DocumentSummary {
  const at = ratifiedAt === null ? null : toIso(ratifiedAt)
  return { name, version, digest, author, ratifiedAt: at, openAmendments }
}

/** Every version of a document, newest first. */
export async function readVersions(
  deps: Deps,
  caller: Caller,
  name: string,
): Promise<Result<{ items: DocumentVersion[] }>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    await ensureDocuments(deps, tx)
    const document = await documentByName(tx, name, false)
    if (document === null) return unknownDocument
    return ok({ items: (await listVersions(tx, document.name)).map(describeVersion) })
  })
}

/** One version with its text. */
export async function readVersion(
  deps: Deps,
  caller: Caller,
  name: string,
  version: number,
): Promise<Result<z.output<typeof DocumentVersionText>>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    await ensureDocuments(deps, tx)
    const document = await documentByName(tx, name, false)
    const found = document === null ? null : await versionOf(tx, document.name, version)
    if (found === null) return refuse('not-found', 'There is no such version. GET …/versions lists them.')
    return ok({ ...describeVersion(found), text: found.text })
  })
}

function describeVersion({ added, removed, ratifiedAt, text: _text, ...row }: VersionRow): DocumentVersion {
  return { ...row, changed: { added, removed }, ratifiedAt: toIso(ratifiedAt) }
}

/** What changed between two versions, in either direction; version 0 is the empty text. */
export async function compareVersions(
  deps: Deps,
  caller: Caller,
  name: string,
  { from, to }: z.output<typeof DocumentDiffQuery>,
): Promise<Result<z.output<typeof DocumentDiff>>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    await ensureDocuments(deps, tx)
    const document = await documentByName(tx, name, false)
    if (document === null) return unknownDocument
    const textOf = async (version: number) =>
      version === 0 ? '' : ((await versionOf(tx, document.name, version))?.text ?? null)
    const [before, after] = [await textOf(from), await textOf(to)]
    if (before === null || after === null)
      return refuse('not-found', `The document has the versions 0 to ${document.version}.`)
    return ok({ document: document.name, from, to, ...diffTexts(document.name, before, after) })
  })
}

/** Adds a document. Nothing of it is in force before the amendment that brings its first text is ratified. */
export async function addDocument(
  deps: Deps,
  caller: Caller,
  input: z.output<typeof NewDocument>,
): Promise<Result<AmendmentDetail>> {
  const clean = await withoutSecrets(normalText(input.text))
  if (!clean.ok) return clean
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    await ensureDocuments(deps, tx)
    const actor = actorOf(caller)
    const { name, reason, severity } = input
    const empty = digestOfText('')
    if (!(await insertDocument(tx, { name, digest: empty, createdBy: nameOf(actor), now: deps.clock.now() })))
      return refuse(
        'already-exists',
        `There is a document named ${name}. Change it with PUT /api/v1/documents/${name}.`,
      )
    await append(deps, tx, [
      { type: 'amendments.document.added', subject: `document/${name}`, actor, payload: { document: name } },
    ])
    const document = await documentByName(tx, name, true)
    assertInvariant(document !== null, 'a document that was added is there')
    const written = { title: `First text of ${name}`, reason, severity, draft: clean.value }
    const row = await openAmendment(deps, tx, { document, opening: { ...manual, ...written }, actor, ledBy: null })
    return ok(await describeDetail(deps, tx, row, { ...document, openAmendments: 1 }))
  })
}

const manual = {
  origin: 'person',
  streamId: null,
  news: null,
  section: null,
  failures: null,
  because: byPerson,
  evidence: [],
} as const

/** Proposes another text of a document: an amendment of the caller's own, in force when it is ratified. */
export async function proposeChange(
  deps: Deps,
  caller: Caller,
  name: string,
  input: z.output<typeof DocumentChange>,
): Promise<Result<AmendmentDetail>> {
  const clean = await withoutSecrets(normalText(input.text))
  if (!clean.ok) return clean
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    await ensureDocuments(deps, tx)
    const document = await documentByName(tx, name, true)
    if (document === null) return unknownDocument
    if (document.digest !== input.expectedDigest)
      return refuse('precondition-failed', `The document has version ${document.version} by now. Read it again.`, {
        version: document.version,
        digest: document.digest,
      })
    const draft = clean.value
    if (draft === document.text) return refuse('conflict', 'The document has this text already.')
    const { reason, severity, title = `Change ${document.name}` } = input
    const opening = { ...manual, title, reason, severity, draft }
    const row = await openAmendment(deps, tx, { document, opening, actor: actorOf(caller), ledBy: null })
    return ok(await describeDetail(deps, tx, row, document))
  })
}
