import type { Anchor, AnchorOrder, AnchorSettings } from '@metaagent/contract'
import type { z } from 'zod'

type Kind = AnchorSettings['kind']
type Order = z.input<typeof AnchorOrder>

/** What the form holds, whatever the kind: text by text. */
export interface AnchorFields {
  readonly name: string
  readonly kind: Kind
  readonly log: 'organization' | 'deployment'
  readonly everyMinutes: number
  readonly enabled: boolean
  readonly url: string
  readonly verifierKey: string
  readonly caCertificate: string
  readonly bucket: string
  readonly region: string
  readonly prefix: string
  readonly mode: 'GOVERNANCE' | 'COMPLIANCE'
  readonly retainDays: number
  readonly accessKeyId: string
  readonly secret: string
}

export const emptyAnchor: AnchorFields = {
  name: '',
  kind: 'witness',
  log: 'organization',
  everyMinutes: 10,
  enabled: true,
  url: '',
  verifierKey: '',
  caCertificate: '',
  bucket: '',
  region: 'us-east-1',
  prefix: '',
  mode: 'COMPLIANCE',
  retainDays: 3_650,
  accessKeyId: '',
  secret: '',
}

/** The form of an anchor that is there; its secret never comes back. */
export function fieldsOf({ name, log, everyMinutes, enabled, settings }: Anchor): AnchorFields {
  const common = { ...emptyAnchor, name, log, everyMinutes, enabled, kind: settings.kind }
  switch (settings.kind) {
    case 'file':
      return common
    case 's3': {
      const { endpoint, bucket, region, prefix, mode, retainDays, accessKeyId } = settings
      return { ...common, url: endpoint, bucket, region, prefix, mode, retainDays, accessKeyId }
    }
    case 'rfc3161':
      return { ...common, url: settings.url, caCertificate: settings.caCertificate ?? '' }
    case 'witness':
      return { ...common, url: settings.url, verifierKey: settings.verifierKey }
  }
}

/** What the API is sent. An empty secret is left out: then it stays as it was. */
export function orderOf(fields: AnchorFields): Order {
  const { name, log, everyMinutes, enabled, secret, kind } = fields
  return {
    name: name.trim(),
    // A witness cosigns the organization's own log.
    log: kind === 'witness' ? 'organization' : log,
    everyMinutes,
    enabled,
    settings: settingsOf(fields),
    ...(kind === 's3' && secret !== '' ? { secret } : {}),
  }
}

function settingsOf(fields: AnchorFields): Order['settings'] {
  const url = fields.url.trim()
  switch (fields.kind) {
    case 'file':
      return { kind: 'file' }
    case 's3': {
      const { bucket, region, prefix, mode, retainDays, accessKeyId } = fields
      return { kind: 's3', endpoint: url, bucket, region, prefix, mode, retainDays, accessKeyId: accessKeyId.trim() }
    }
    case 'rfc3161':
      return { kind: 'rfc3161', url, caCertificate: fields.caCertificate.trim() === '' ? null : fields.caCertificate }
    case 'witness':
      return { kind: 'witness', url, verifierKey: fields.verifierKey.trim() }
  }
}

/** What each kind is, for people. */
export const kindWords: Readonly<Record<Kind, { readonly label: string; readonly what: string }>> = {
  witness: {
    label: 'Witness',
    what: 'Somebody else cosigns that the ledger only grew. The line goes into every proof.',
  },
  rfc3161: { label: 'Time stamp', what: 'An authority signs when it saw the checkpoint (RFC 3161).' },
  s3: {
    label: 'Bucket with object lock',
    what: 'Kept in an S3-compatible bucket that cannot delete it before its time.',
  },
  file: { label: 'Folder', what: 'One read-only file a checkpoint, in the folder that the operator named.' },
}

/** Where it is, in a few words. */
export function placeOf(settings: AnchorSettings): string {
  switch (settings.kind) {
    case 'file':
      return 'the folder of the operator'
    case 's3':
      return `${settings.bucket} at ${hostOf(settings.endpoint)}`
    case 'rfc3161':
    case 'witness':
      return hostOf(settings.url)
  }
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url
}
