import { runVerifyCli, type VerifyExitCode } from '@metaagent/verify/cli'

export interface VerifyCommandOptions {
  readonly file: string
  readonly key?: string | undefined
  readonly origin?: string | undefined
  readonly seen?: string | undefined
  readonly checkpoint?: string | undefined
  readonly quorum?: string | undefined
  readonly witness?: readonly string[] | undefined
  readonly json: boolean
}

/** Checks a proof with the stand-alone verifier, the very program that an auditor runs. 0 verified, 1 refused, 2 not checked. */
export async function verifyCommand({
  file,
  json,
  witness = [],
  ...options
}: VerifyCommandOptions): Promise<VerifyExitCode> {
  const given = Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`]))
  const witnesses = witness.map((key) => `--witness=${key}`)
  return await runVerifyCli([...given, ...witnesses, ...(json ? ['--json'] : []), '--', file], {
    stdin: process.stdin,
    writeOut: (text) => process.stdout.write(text),
    writeError: (text) => process.stderr.write(text),
  })
}
