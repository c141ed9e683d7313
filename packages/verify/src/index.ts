export { type AddCheckpoint, formatAddCheckpoint, parseAddCheckpoint } from './add-checkpoint.ts'
export {
  AUDIT_JSON_END,
  AuditFileCheck,
  type AuditForm,
  type AuditHeader,
  auditFormOf,
  auditJsonLine,
  openAuditJson,
  parseAuditHeader,
} from './audit-file.ts'
export { AUDIT_TABLE_HEAD, type AuditRow, actorOf, auditRowOf, auditTableRow } from './audit-table.ts'
export { decodeBase64, encodeBase64, encodeHex, equalBytes, utf8Bytes, utf8Text } from './bytes.ts'
export { canonicalJson, type JsonObject, type JsonValue, parseCanonicalObject } from './canonical-json.ts'
export {
  type Checkpoint,
  CheckpointMemory,
  checkSuccession,
  formatCheckpoint,
  openCheckpoint,
  parseCheckpoint,
  type Succession,
  type TrustedLog,
  type VerifiedCheckpoint,
} from './checkpoint.ts'
export {
  type Cosignature,
  cosign,
  formatWitnessKey,
  parseWitnessKey,
  verifyCosignatures,
  type WitnessKey,
  witnessKey,
} from './cosignature.ts'
export { type CsvValue, csvField, csvRow, parseCsvRow } from './csv.ts'
export { decodeEntryBundle, encodeEntryBundle, MAX_ENTRY_BYTES } from './entry-bundle.ts'
export { type EntrySummary, summarizeEntry } from './entry-summary.ts'
export { EVIDENCE_FORMAT, isEvidencePack, type VerifiedEvidencePack, verifyEvidencePack } from './evidence-pack.ts'
export { Frontier, rootOfLeaves } from './frontier.ts'
export {
  type ConsistencyClaim,
  emptyRoot,
  type InclusionClaim,
  leafHash,
  nodeHash,
  type SubtreeConsistencyClaim,
  type SubtreeInclusionClaim,
  verifyConsistency,
  verifyInclusion,
  verifySubtreeConsistency,
  verifySubtreeInclusion,
} from './merkle.ts'
export {
  type Ed25519Verify,
  formatSignerKey,
  formatVerifierKey,
  type NoteSignature,
  type NoteSigner,
  parseNote,
  parseSignerKey,
  parseVerifierKey,
  type SignedNote,
  type SignerKeyParts,
  signatureLineOf,
  signNote,
  type VerifiedNote,
  type VerifierKey,
  verifierKey,
  verifyNote,
} from './note.ts'
export type { Fault, FaultCode, Outcome } from './outcome.ts'
export {
  buildProof,
  consistencyRanges,
  type EntryRange,
  inclusionRanges,
  type NodeId,
  nodesFromLeaves,
  type ReadNode,
  rangeHash,
  rangeNodes,
  subtreeConsistencyRanges,
  subtreeInclusionRanges,
} from './proof-build.ts'
export {
  type ConsistencyProofFile,
  decodeHashes,
  type ExportHeader,
  encodeHashes,
  formatProofFile,
  type InclusionProofFile,
  PROOF_FORMAT,
  type ProofFile,
  parseProofFile,
  parseSelectedEntry,
  type SelectedEntry,
  type SelectionHeader,
} from './proof-file.ts'
export { HASH_BYTES, type Sha256, sha256 } from './sha256.ts'
export {
  type ExtendedTree,
  edgeTiles,
  entryBundlePath,
  extendTiles,
  frontierOfTiles,
  nodesFromTiles,
  parseTilePath,
  TILE_WIDTH,
  type Tile,
  type TileId,
  type TileRequest,
  tilePath,
  tilesForRanges,
  tilesOfTree,
  tileWidth,
} from './tiles.ts'
export { formatTlogProof, isTlogProof, parseTlogProof, type TlogProof } from './tlog-proof.ts'
export { ExportCheck, type VerifiedExport } from './verify-export.ts'
export {
  inclusionToTlogProof,
  tlogProofToInclusion,
  type VerifiedConsistency,
  type VerifiedInclusion,
  type VerifiedLog,
  type VerifyOptions,
  verifyConsistencyFile,
  verifyInclusionFile,
  verifyProofFile,
} from './verify-file.ts'
export { SelectionCheck, type VerifiedSelection } from './verify-selection.ts'
export { generateKeys, SignaturesNotSupported, signerFromKey, signerFromSeed, webCryptoVerify } from './web-crypto.ts'
