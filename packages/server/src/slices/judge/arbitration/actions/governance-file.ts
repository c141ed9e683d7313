import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { ArbitrationRules } from '@metaagent/contract'
import { z } from 'zod'
import type { Deps } from '../../../../ports/slice.ts'
import { governanceRulesFile } from '../../../govern/approvals/index.ts'
import { faultsOfRules } from '../model/governance.ts'

/** The deployment's file as it is now. */
export interface GovernanceFile {
  /** SHA-256 of its bytes; null: it cannot be read. */
  readonly digest: string | null
  /** What its section `arbitration` says; null where `faults` say why not. */
  readonly rules: ArbitrationRules | null
  readonly faults: readonly string[]
}

/** Reads the section `arbitration` of the governance rules. Never throws for what stands in the file. */
export async function readGovernanceFile(deps: Deps): Promise<GovernanceFile> {
  let text: string
  try {
    text = await readFile(governanceRulesFile(deps), 'utf8')
  } catch (error) {
    return { digest: null, rules: null, faults: [`The file cannot be read: ${messageOf(error)}.`] }
  }
  const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`
  const { rules, faults } = rulesIn(text)
  return { digest, rules, faults }
}

function rulesIn(text: string): Pick<GovernanceFile, 'rules' | 'faults'> {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    return { rules: null, faults: [`The file is no JSON: ${messageOf(error)}.`] }
  }
  const parsed = z.looseObject({ arbitration: ArbitrationRules }).safeParse(json)
  if (!parsed.success)
    return {
      rules: null,
      faults: parsed.error.issues.slice(0, 20).map(({ path, message }) => `${path.join('.') || 'file'}: ${message}`),
    }
  const faults = faultsOfRules(parsed.data.arbitration)
  return faults.length === 0 ? { rules: parsed.data.arbitration, faults } : { rules: null, faults }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
