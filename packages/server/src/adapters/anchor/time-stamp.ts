import { createHash, X509Certificate } from 'node:crypto'
import { fromBER, Integer, OctetString } from 'asn1js'
import {
  AlgorithmIdentifier,
  Certificate,
  ContentInfo,
  MessageImprint,
  SignedData,
  TimeStampReq,
  TimeStampResp,
  TSTInfo,
} from 'pkijs'
import { instantFromEpochMs } from '../../kernel/instant.ts'
import { AnchorFailed, type AnchorItem, type AnchorPlace, type AnchorProof } from '../../ports/anchoring.ts'
import { said } from '../notify/http-call.ts'
import type { Call } from './anchoring.ts'

const sha256Oid = '2.16.840.1.101.3.4.2.1'
const timeStampingOid = '1.3.6.1.5.5.7.3.8'
const extendedKeyUsageOid = '2.5.29.37'

type Authority = Extract<AnchorPlace, { kind: 'rfc3161' }>

/** Has the time stamped at which an authority saw the note, and checks its answer before it counts (RFC 3161). */
export async function stampTime(
  { call, nonce }: { readonly call: Call; readonly nonce: Uint8Array },
  { url, caCertificate }: Authority,
  { note }: AnchorItem,
): Promise<AnchorProof> {
  const data = new TextEncoder().encode(note)
  const body = requestFor(data, nonce)
  const headers = { 'content-type': 'application/timestamp-query', accept: 'application/timestamp-reply' }
  const answer = await call({ method: 'POST', url, headers, body })
  if (answer.status !== 200) throw new AnchorFailed(`The authority refused. ${said(answer)}`)
  const statedAtMs = await checkTimeStamp(answer.bytes, { data, nonce, caCertificate })
  return { location: url, statedAt: instantFromEpochMs(statedAtMs), receipt: answer.bytes }
}

function requestFor(data: Uint8Array, nonce: Uint8Array): Uint8Array {
  const request = new TimeStampReq({
    version: 1,
    messageImprint: new MessageImprint({
      hashAlgorithm: new AlgorithmIdentifier({ algorithmId: sha256Oid }),
      hashedMessage: new OctetString({ valueHex: owned(createHash('sha256').update(data).digest()) }),
    }),
    nonce: new Integer({ valueHex: owned(positive(nonce)) }),
    certReq: true,
  })
  return new Uint8Array(request.toSchema().toBER())
}

/**
 * Checks a reply: granted, for these bytes and this nonce, signed by a certificate made for time stamps alone, and chained
 * to the authority's own where one is known. Answers the stated time in epoch milliseconds; throws AnchorFailed.
 */
export async function checkTimeStamp(
  reply: Uint8Array,
  asked: { readonly data: Uint8Array; readonly nonce: Uint8Array | null; readonly caCertificate: string | null },
): Promise<number> {
  const { token, info } = opened(reply)
  const imprint = info.messageImprint
  const digest = createHash('sha256').update(asked.data).digest()
  const isOurs =
    imprint.hashAlgorithm.algorithmId === sha256Oid && digest.equals(Buffer.from(imprint.hashedMessage.getValue()))
  if (!isOurs) throw new AnchorFailed('The time stamp is for other bytes than these.')
  if (asked.nonce !== null && !hasNonce(info, asked.nonce))
    throw new AnchorFailed('The time stamp answers another request: its nonce differs.')
  await checkSignature(token, asked)
  return info.genTime.getTime()
}

function opened(reply: Uint8Array): { readonly token: SignedData; readonly info: TSTInfo } {
  try {
    const response = TimeStampResp.fromBER(owned(reply))
    const status = response.status.status as number
    if (status > 1 || response.timeStampToken === undefined) {
      const words = response.status.statusStrings?.map((text) => text.valueBlock.value).join(' ') ?? ''
      throw new AnchorFailed(`The authority did not grant it: status ${status}. ${words}`.trim())
    }
    const token = new SignedData({ schema: new ContentInfo({ schema: response.timeStampToken.toSchema() }).content })
    const content = token.encapContentInfo.eContent?.getValue()
    if (content === undefined) throw new AnchorFailed('The time stamp holds no content.')
    return { token, info: new TSTInfo({ schema: fromBER(content).result }) }
  } catch (error) {
    if (error instanceof AnchorFailed) throw error
    throw new AnchorFailed('The answer is no time stamp (RFC 3161).', { cause: error })
  }
}

async function checkSignature(
  token: SignedData,
  { data, caCertificate }: { readonly data: Uint8Array; readonly caCertificate: string | null },
): Promise<void> {
  const trustedCerts = caCertificate === null ? [] : [certificateOf(caCertificate)]
  const outcome = await token
    .verify({ signer: 0, data: owned(data), trustedCerts, checkChain: caCertificate !== null, extendedMode: true })
    .catch((error: unknown) => error as { message?: string; signatureVerified?: boolean | null })
  const holds =
    outcome.signatureVerified === true &&
    (caCertificate === null || ('signerCertificateVerified' in outcome && outcome.signerCertificateVerified === true))
  if (!holds) throw new AnchorFailed(`The time stamp’s signature does not hold. ${outcome.message ?? ''}`.trim())
  const signer = 'signerCertificate' in outcome ? outcome.signerCertificate : null
  const usage = signer?.extensions?.find(({ extnID }) => extnID === extendedKeyUsageOid)
  const purposes = (usage?.parsedValue as { keyPurposes?: string[] } | undefined)?.keyPurposes ?? []
  if (usage?.critical !== true || purposes.length !== 1 || purposes[0] !== timeStampingOid)
    throw new AnchorFailed('The time stamp is signed by a certificate that is not one for time stamps.')
}

/** Throws AnchorFailed for what is no certificate in PEM. */
function certificateOf(pem: string): Certificate {
  try {
    return Certificate.fromBER(owned(new X509Certificate(pem).raw))
  } catch (error) {
    throw new AnchorFailed('The certificate of the authority is no certificate in PEM.', { cause: error })
  }
}

function hasNonce(info: TSTInfo, nonce: Uint8Array): boolean {
  const stated = info.nonce?.valueBlock.valueHexView
  return stated !== undefined && BigInt(`0x${hexOf(stated)}`) === BigInt(`0x${hexOf(nonce)}`)
}

/** Without a sign: a leading bit would make the number negative. */
function positive(bytes: Uint8Array): Uint8Array {
  return (bytes[0] ?? 0) < 0x80 ? bytes : Uint8Array.of(0, ...bytes)
}

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex') || '0'
const owned = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer
