import { createHash, createHmac } from 'node:crypto'
import { type LocalRequest, type LocalServer, startLocalServer } from '../channels/local-server.ts'

interface Version {
  readonly body: string
  readonly mode: string | null
  readonly retainUntilMs: number
}

export interface BucketServer extends LocalServer {
  /** What lies under a key now; undefined: nothing. */
  object(key: string): Version | undefined
  readonly keys: readonly string[]
  /** What it answers to the next requests in place of what it would; null: nothing else. */
  answerWith(status: number | null): void
  /** Takes the headers of a lock and forgets them, as servers without object lock do. */
  forgetLocks(): void
}

/**
 * An S3-compatible bucket with object lock, as far as anchors use one: checks signatures (SigV4) and digests, takes no body
 * under a lock without Content-MD5, obeys If-None-Match, and deletes nothing before its time.
 */
export async function startBucketServer(options: {
  readonly bucket: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly now: () => number
}): Promise<BucketServer> {
  const objects = new Map<string, Version>()
  let forced: number | null = null
  let forgets = false
  const server = await startLocalServer((request) => {
    if (forced !== null) return failure(forced, 'SlowDown')
    if (!isSigned(request, options)) return failure(403, 'SignatureDoesNotMatch')
    const [, bucket, ...rest] = request.path.split('/')
    if (bucket !== options.bucket) return failure(404, 'NoSuchBucket')
    const key = rest.join('/')
    const found = objects.get(key)
    switch (request.method) {
      case 'PUT':
        return put(request, key, found)
      case 'DELETE':
        if (found !== undefined && found.retainUntilMs > options.now()) return failure(403, 'AccessDenied')
        objects.delete(key)
        return { status: 204, body: '' }
      default:
        return found === undefined
          ? failure(404, 'NoSuchKey')
          : { status: 200, body: found.body, headers: lockOf(found) }
    }
  })
  const put = ({ headers, body }: LocalRequest, key: string, found: Version | undefined) => {
    const mode = headers['x-amz-object-lock-mode'] ?? null
    const md5 = headers['content-md5']
    if (mode !== null && md5 === undefined) return failure(400, 'InvalidRequest')
    if (md5 !== undefined && md5 !== createHash('md5').update(body).digest('base64')) return failure(400, 'BadDigest')
    if (headers['if-none-match'] === '*' && found !== undefined) return failure(412, 'PreconditionFailed')
    const retainUntilMs = Date.parse(headers['x-amz-object-lock-retain-until-date'] ?? '')
    if (mode !== null && !(retainUntilMs > options.now())) return failure(400, 'InvalidRequest')
    objects.set(key, forgets || mode === null ? { body, mode: null, retainUntilMs: 0 } : { body, mode, retainUntilMs })
    return { status: 200, body: '' }
  }
  return {
    ...server,
    object: (key) => objects.get(key),
    get keys() {
      return [...objects.keys()]
    },
    answerWith: (status) => {
      forced = status
    },
    forgetLocks: () => {
      forgets = true
    },
  }
}

function failure(status: number, code: string) {
  return { status, body: `<?xml version="1.0"?><Error><Code>${code}</Code></Error>` }
}

function lockOf({ mode, retainUntilMs }: Version): Record<string, string> {
  if (mode === null) return {}
  return {
    'x-amz-object-lock-mode': mode,
    'x-amz-object-lock-retain-until-date': new Date(retainUntilMs).toISOString(),
  }
}

/** SigV4 as AWS writes it down, by hand: the client's library must not check itself. */
function isSigned(
  { method, path, headers, body }: LocalRequest,
  { accessKeyId, secretAccessKey }: { readonly accessKeyId: string; readonly secretAccessKey: string },
): boolean {
  const given =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      headers['authorization'] ?? '',
    )
  if (given === null) return false
  const [, id, day = '', region = '', names = '', signature] = given
  const bodyHash = createHash('sha256').update(body).digest('hex')
  if (id !== accessKeyId || headers['x-amz-content-sha256'] !== bodyHash) return false
  const canonicalHeaders = names
    .split(';')
    .map((name) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}\n`)
  const canonical = [method, path, '', canonicalHeaders.join(''), names, bodyHash].join('\n')
  const scope = `${day}/${region}/s3/aws4_request`
  const hashed = createHash('sha256').update(canonical).digest('hex')
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, hashed].join('\n')
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
  const key = [region, 's3', 'aws4_request'].reduce(hmac, hmac(`AWS4${secretAccessKey}`, day))
  return createHmac('sha256', key).update(toSign).digest('hex') === signature
}
