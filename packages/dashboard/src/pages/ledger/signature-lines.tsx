import { parseNote } from '@metaagent/verify'
import { Explained } from '../../ui/value.tsx'
import classes from './ledger.module.css'

/** A line under a checkpoint: whose it is, and of which kind. */
export interface SignatureLine {
  readonly name: string
  readonly keyId: string
  /** The log's own carry its name; a witness's is longer by the time that it states. */
  readonly kind: 'log' | 'witness' | 'other'
  /** Whole seconds since the epoch; null where the line states no time. */
  readonly atSeconds: number | null
}

/** Takes the lines of a signed checkpoint apart. What they say is not checked here. */
export function signatureLines(checkpoint: string): readonly SignatureLine[] {
  const note = parseNote(checkpoint)
  if (!note.ok) return []
  const origin = note.value.text.split('\n', 1)[0]
  return note.value.signatures.map(({ name, keyId, signature }) => {
    if (signature.length === 64) return { name, keyId, kind: name === origin ? 'log' : 'other', atSeconds: null }
    if (signature.length !== 72) return { name, keyId, kind: 'other', atSeconds: null }
    const stamp = new DataView(signature.buffer, signature.byteOffset).getBigUint64(0)
    return { name, keyId, kind: 'witness', atSeconds: Number(stamp) }
  })
}

const words = {
  log: { label: 'log', tip: 'The log’s own signature. Two while an old key overlaps with its successor.' },
  witness: { label: 'witness', tip: 'Somebody else saw that this tree extends all that they saw of the log before.' },
  other: { label: 'other', tip: 'Of a kind that this page does not know; whoever knows it can check it.' },
} as const

/** Who signed a checkpoint. */
export function SignatureLines({ checkpoint }: { readonly checkpoint: string }) {
  return (
    <ul className={classes['lines']} data-testid="signature-lines">
      {signatureLines(checkpoint).map(({ name, keyId, kind, atSeconds }) => (
        <li key={`${name} ${keyId} ${atSeconds}`}>
          <Explained tip={words[kind].tip}>
            <span className={classes['kind']} data-kind={kind}>
              {words[kind].label}
            </span>
          </Explained>
          <code title={name}>{name}</code>
          <code className="faint">{keyId}</code>
          {atSeconds === null ? null : (
            <time className="soft" dateTime={isoOf(atSeconds)}>
              {isoOf(atSeconds).replace('T', ' ').slice(0, 19)} UTC
            </time>
          )}
        </li>
      ))}
    </ul>
  )
}

function isoOf(atSeconds: number): string {
  return atSeconds <= 8.64e12 ? new Date(atSeconds * 1000).toISOString() : String(atSeconds)
}
