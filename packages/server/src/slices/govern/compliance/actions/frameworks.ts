import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type ComplianceFramework, eventCatalogue, eventTypes } from '@metaagent/contract'
import { canonicalJson } from '../../../../kernel/canonical-json.ts'
import { frameworkFiles, readFramework } from '../model/frameworks.ts'

export interface DigestedFramework {
  readonly framework: ComplianceFramework
  /** SHA-256 of the file's canonical JSON. */
  readonly digest: string
}

let read: readonly DigestedFramework[] | null = null

/** Every framework that is shipped. Files, not state: read once in a process. */
export function frameworks(): readonly DigestedFramework[] {
  read ??= frameworkFiles.map((name) => {
    const text = readFileSync(new URL(`../../../../../config/compliance/${name}.json`, import.meta.url), 'utf8')
    const framework = readFramework(text, new Set<string>(eventTypes.filter((type) => eventCatalogue[type].ledger)))
    return { framework, digest: digestOf(canonicalJson(framework)) }
  })
  return read
}

export function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}
