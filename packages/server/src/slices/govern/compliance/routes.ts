import {
  AssessmentQuery,
  AuditExportQuery,
  AuditLogPage,
  AuditTrailQuery,
  ComplianceAssessment,
  ComplianceFrameworkList,
  EvidencePackOrder,
  EvidencePackPage,
  EvidencePackQuery,
  EvidencePackSummary,
  Uuid,
} from '@metaagent/contract'
import { z } from 'zod'
import { ok } from '../../../kernel/result.ts'
import { bytesRoute, type Route, route } from '../../../ports/slice.ts'
import { ComplianceAuditor } from './actions/auditor.ts'

const tag = 'compliance'
const access = 'ledger:read'

export const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/governance/compliance/audit',
    access,
    tag,
    operationId: 'listAuditTrail',
    summary: 'The audit trail, newest first: every decision with its place in the ledger',
    query: AuditTrailQuery,
    reply: AuditLogPage,
    handle: (deps, { caller, query }) => ComplianceAuditor.trail(deps, caller, query),
  }),
  bytesRoute({
    path: '/api/v1/governance/compliance/export',
    access,
    tag,
    operationId: 'exportAuditTrail',
    summary: 'The audit trail as a file, each entry with its proof, to be checked offline with metaagent-verify',
    description:
      'Oldest first. JSON names the signed checkpoint in its head; for CSV the header `x-ledger-export-head` is the base64 of the file `FILE.checkpoint.json` that checking it takes. CSV cells that a spreadsheet would run get an apostrophe before them.',
    query: AuditExportQuery,
    contentType: 'application/json; charset=utf-8',
    otherTypes: ['text/csv'],
    handle: (deps, { caller, query }) => ComplianceAuditor.exportTrail(deps, caller, query),
  }),
  route({
    method: 'GET',
    path: '/api/v1/compliance/frameworks',
    access,
    tag,
    operationId: 'listComplianceFrameworks',
    summary: 'Frameworks with their controls and what in the ledger shows each of them',
    reply: ComplianceFrameworkList,
    handle: async () =>
      ok({ items: ComplianceAuditor.frameworks().map(({ framework, digest }) => ({ ...framework, digest })) }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/compliance/frameworks/:framework/assessment',
    access,
    tag,
    operationId: 'assessComplianceFramework',
    summary: 'What a framework has come to in a period, as the ledger stands; nothing is stored',
    params: z.object({ framework: z.string().max(40) }),
    query: AssessmentQuery,
    reply: ComplianceAssessment,
    handle: (deps, { caller, params, query }) => ComplianceAuditor.assess(deps, caller, params.framework, query),
  }),
  route({
    method: 'POST',
    path: '/api/v1/compliance/packs',
    access: 'compliance:write',
    tag,
    operationId: 'createEvidencePack',
    summary: 'Make an evidence pack: a framework assessed on a period, with the proofs of the entries that show it',
    body: EvidencePackOrder,
    reply: EvidencePackSummary,
    status: 201,
    handle: (deps, { caller, body }) => ComplianceAuditor.createPack(deps, caller, body),
  }),
  route({
    method: 'GET',
    path: '/api/v1/compliance/packs',
    access,
    tag,
    operationId: 'listEvidencePacks',
    summary: 'Evidence packs, the newest first',
    query: EvidencePackQuery,
    reply: EvidencePackPage,
    handle: (deps, { caller, query }) => ComplianceAuditor.packs(deps, caller, query),
  }),
  bytesRoute({
    path: '/api/v1/compliance/packs/:packId',
    access,
    tag,
    operationId: 'getEvidencePack',
    summary: 'The file of a pack (metaagent-evidence/v1), to be checked offline with metaagent-verify',
    params: z.object({ packId: Uuid }),
    contentType: 'application/json; charset=utf-8',
    handle: (deps, { caller, params }) => ComplianceAuditor.pack(deps, caller, params.packId),
  }),
]
