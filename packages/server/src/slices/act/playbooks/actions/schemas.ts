import type { Because, JsonValue, MacroProblem } from '@metaagent/contract'
import { Ajv2020, type AnySchema } from 'ajv/dist/2020.js'
import { RE2JS } from 're2js'
import semver from 'semver'
import type { Versions } from '../model/dependency-check.ts'

/** Versions and ranges read as npm reads them (`includePrerelease` off). */
export const npmVersions: Versions = {
  isRange: (range) => semver.validRange(range) !== null,
  isWithin: (inner, outer) => semver.subset(inner, outer),
  includes: (range, version) => semver.satisfies(version, range),
}

export const isVersion = (version: string): boolean => semver.valid(version) !== null

/** A schema this long is not compiled. */
const schemaMaxChars = 100_000

/** Patterns come from people and are matched in linear time; what RE2 does not have (look-around) is refused. */
const regExp = Object.assign(
  (pattern: string) => {
    const matcher = RE2JS.compile(pattern)
    return { test: (text: string) => matcher.matcher(text).find() }
  },
  { code: 're2js' },
)

function compiled(schema: JsonValue) {
  // Strict mode refuses what JSON Schema allows; formats are remarks unless a vocabulary asserts them. No cache: schemas
  // come from people, and a compiled one lives as long as its Ajv.
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false, code: { regExp } })
  return ajv.compile(schema as AnySchema)
}

/** Why a schema cannot be used, as a sentence; null when it can. */
export function schemaFault(schema: JsonValue): string | null {
  if (JSON.stringify(schema).length > schemaMaxChars) return `The schema is longer than ${schemaMaxChars} characters.`
  try {
    compiled(schema)
    return null
  } catch (error) {
    return error instanceof Error ? error.message.slice(0, 500) : String(error)
  }
}

/** What of a value does not fit a schema that `schemaFault` passed; at most 20, each with its JSON pointer. */
export function schemaMisfits(schema: JsonValue, value: JsonValue): readonly MacroProblem[] {
  const validate = compiled(schema)
  if (validate(value)) return []
  return (validate.errors ?? []).slice(0, 20).map((error) => {
    const because: Because = {
      rule: `schema-${error.keyword}`,
      observed: null,
      limit: JSON.stringify(error.params).slice(0, 300),
      text: `${error.instancePath === '' ? 'The value' : error.instancePath} ${error.message ?? 'does not fit'}.`,
    }
    return { path: error.instancePath, because }
  })
}
