import type { Because } from '@metaagent/contract'
import type { SchemaChange } from './compatibility/schema-change.ts'
import { breaksTogether, compareSchemas } from './compatibility/schemas.ts'
import type { Finding } from './finding.ts'

/** A schema or an API beside others. Contents are parsed documents. */
export interface SchemaWork {
  readonly artifactId: string
  readonly name: string
  readonly document: unknown
  /** What it takes the place of; null: nothing of its type. */
  readonly replaced: { readonly artifactId: string; readonly document: unknown } | null
  /** ACTIVE artifacts that rest on what it takes the place of. */
  readonly dependents: readonly string[]
  /** Other ACTIVE ones of its type and name. */
  readonly namesakes: readonly { readonly artifactId: string; readonly document: unknown }[]
}

const mostShown = 10

/**
 * What a schema or an API breaks. Whether a dependent reads or writes is not known, so what breaks either counts; a break that
 * no ACTIVE artifact rests on is LOW. Two of one name that differ cannot both be what others rest on.
 */
export function findSchemaFindings(work: SchemaWork): readonly Finding[] {
  return [...replacedFindings(work), ...namesakeFindings(work)]
}

function replacedFindings({ artifactId, name, document, replaced, dependents }: SchemaWork): readonly Finding[] {
  if (replaced === null) return []
  const breaking = breakingOf(compareSchemas(replaced.document, document))
  if (breaking.length === 0) return []
  const others = dependents.map((id) => ({ artifactId: id, claim: 'rests on what it was' }))
  return [
    {
      type: 'INCOMPATIBLE_SCHEMA',
      kind: others.length === 0 ? 'BREAKS_NOBODY' : 'BREAKS_DEPENDENTS',
      subject: name,
      severity: others.length === 0 ? 'LOW' : 'HIGH',
      because: becauseOf('successor-keeps-its-word', breaking, others.length),
      hints: hintsOf(breaking),
      witness: null,
      sides: [{ artifactId, claim: pathsOf(breaking) }, ...others],
    },
  ]
}

function namesakeFindings({ artifactId, name, document, namesakes }: SchemaWork): readonly Finding[] {
  return namesakes.flatMap((other): readonly Finding[] => {
    const breaking = breakingOf(compareSchemas(other.document, document))
    if (breaking.length === 0) return []
    return [
      {
        type: 'INCOMPATIBLE_SCHEMA',
        kind: 'SAME_NAME',
        subject: name,
        severity: 'HIGH',
        because: becauseOf('one-schema-per-name', breaking, 1),
        hints: ['Take the place of the other (`supersedes`), or give it another name.'],
        witness: null,
        sides: [
          { artifactId, claim: pathsOf(breaking) },
          { artifactId: other.artifactId, claim: 'says otherwise' },
        ],
      },
    ]
  })
}

function breakingOf(changes: readonly SchemaChange[]): readonly SchemaChange[] {
  return changes.filter(({ breaks }) => breaks !== 'none')
}

const whoIn = { readers: 'whoever reads it', writers: 'whoever writes it', both: 'readers and writers', none: 'nobody' }

function becauseOf(rule: string, breaking: readonly SchemaChange[], dependents: number): Because {
  const who = whoIn[breaksTogether(breaking)]
  const more = breaking.length > mostShown ? ` and ${breaking.length - mostShown} more` : ''
  const text = `${breaking.length} changes break ${who}: ${pathsOf(breaking)}${more}. ACTIVE artifacts concerned: ${dependents}.`
  return { rule, observed: breaking.length, limit: 0, text }
}

function pathsOf(changes: readonly SchemaChange[]): string {
  const told = changes.map(({ path, kind, because }) => `${path === '' ? '(root)' : path} ${kind} (${because.rule})`)
  return [...new Set(told)].slice(0, mostShown).join(', ')
}

function hintsOf(breaking: readonly SchemaChange[]): readonly string[] {
  const [first] = breaking
  const where = first === undefined || first.path === '' ? 'the root' : first.path
  return [
    `Undo what breaks, at ${where} first, or offer the new one beside the old one under another name.`,
    'Or let what rests on it follow: successors that rest on the new one.',
  ]
}
