import { createHash } from 'node:crypto'
import { AwsV4Signer } from 'aws4fetch'
import { addMs, type Instant } from '../../kernel/instant.ts'
import { AnchorFailed, type AnchorItem, type AnchorPlace, type AnchorProof } from '../../ports/anchoring.ts'
import { said } from '../notify/http-call.ts'
import type { Call } from './anchoring.ts'
import { isSameCheckpoint } from './same-checkpoint.ts'

type Bucket = Extract<AnchorPlace, { kind: 's3' }>
const dayMs = 86_400_000

/**
 * Puts a checkpoint into an S3-compatible bucket under object lock and looks whether the lock is there: a server that takes
 * the headers and forgets them would keep nothing.
 */
export async function keepInBucket(
  { call, now }: { readonly call: Call; readonly now: Instant },
  bucket: Bucket,
  { folder, treeSize, note }: AnchorItem,
): Promise<AnchorProof> {
  const key = `${bucket.prefix}${folder}/${String(treeSize).padStart(16, '0')}.checkpoint`
  const url = `${bucket.endpoint.replace(/\/$/, '')}/${bucket.bucket}/${key}`
  const send = async (method: 'PUT' | 'GET' | 'HEAD', headers: Record<string, string>, body?: string) =>
    await call(await signed(bucket, now, method, url, headers, body))
  const retainUntil = addMs(now, bucket.retainDays * dayMs)
  const put = await send('PUT', putHeaders(bucket, note, retainUntil), note)
  // 412: it was put before, when the answer did not arrive.
  if (put.status === 412) await sameAsBefore(await send('GET', {}), url, note)
  else if (put.status !== 200) throw new AnchorFailed(`The bucket did not take it. ${said(put)}`)
  const head = await send('HEAD', {})
  const locked = Date.parse(head.headers['x-amz-object-lock-retain-until-date'] ?? '')
  if (head.status !== 200 || head.headers['x-amz-object-lock-mode'] !== bucket.mode || !(locked > now))
    throw new AnchorFailed(
      'The bucket took it, but holds it under no lock. Make a bucket with object lock, and allow PutObjectRetention.',
    )
  return { location: url, statedAt: null, receipt: null }
}

function putHeaders(bucket: Bucket, note: string, retainUntil: Instant): Record<string, string> {
  return {
    'content-type': 'text/plain; charset=utf-8',
    // Object lock asks for a digest of the body.
    'content-md5': createHash('md5').update(note).digest('base64'),
    'if-none-match': '*',
    'x-amz-object-lock-mode': bucket.mode,
    'x-amz-object-lock-retain-until-date': new Date(retainUntil).toISOString(),
  }
}

async function sameAsBefore(found: Awaited<ReturnType<Call>>, url: string, note: string): Promise<void> {
  if (found.status !== 200) throw new AnchorFailed(`The bucket has it, but does not show it. ${said(found)}`)
  if (!isSameCheckpoint(found.text, note))
    throw new AnchorFailed(`${url} holds another checkpoint of this size: the log shows two histories.`)
}

async function signed(
  { accessKeyId, secretAccessKey, region }: Bucket,
  now: Instant,
  method: 'PUT' | 'GET' | 'HEAD',
  url: string,
  headers: Record<string, string>,
  body?: string,
) {
  const hashed = createHash('sha256')
    .update(body ?? '')
    .digest('hex')
  const signer = new AwsV4Signer({
    method,
    url,
    headers: { ...headers, 'x-amz-content-sha256': hashed },
    accessKeyId,
    secretAccessKey,
    region,
    service: 's3',
    datetime: new Date(now).toISOString().replace(/[:-]|\.\d{3}/g, ''),
    ...(body === undefined ? {} : { body }),
  })
  const ready = await signer.sign()
  return {
    method,
    url: ready.url.href,
    headers: Object.fromEntries(ready.headers),
    ...(body === undefined ? {} : { body }),
  }
}
