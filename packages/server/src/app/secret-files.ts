import { readFileSync } from 'node:fs'

/** Secrets that may lie in a file, as engines mount them: the file's name stands in the same name with `_FILE`. */
export const secretNames = [
  'DATABASE_URL',
  'METAAGENT_MIGRATION_URL',
  'METAAGENT_SECRET_KEY',
  'METAAGENT_EMBEDDINGS_KEY',
  'METAAGENT_PRIVILEGED_TOKEN',
] as const

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The environment with each `NAME_FILE` replaced by what its file holds, without white space around it. Faults are told one
 * line each: a file that cannot be read, or a secret that is set both ways.
 */
export function withSecretFiles(environment: Environment): {
  readonly environment: Environment
  readonly faults: readonly string[]
} {
  const faults: string[] = []
  const read: Record<string, string> = {}
  for (const name of secretNames) {
    const file = environment[`${name}_FILE`]
    if (file === undefined || file === '') continue
    const value = environment[name]
    if (value !== undefined && value !== '') {
      faults.push(`${name}_FILE: ${name} is set, too; set one of them`)
      continue
    }
    try {
      read[name] = readFileSync(file, 'utf8').trim()
    } catch (error) {
      faults.push(`${name}_FILE: ${file} cannot be read (${error instanceof Error ? error.message : String(error)})`)
    }
  }
  return { environment: { ...environment, ...read }, faults }
}
