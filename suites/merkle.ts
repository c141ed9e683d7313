import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Run } from '../tools/run-named.ts'
import { runProofCases } from './merkle/proof-cases.ts'
import { Tally } from './merkle/tally.ts'
import { runTiledLog } from './merkle/tiled-log.ts'

/**
 * The verifier against proofs of other makers: every case of `DIR/merkle/testdata`, most of which must be refused, and
 * the real log of `DIR/tessera` (DIR may also be either folder itself). One accepted bad proof is a release blocker;
 * `wronglyAccepted` counts them.
 */
export const run: Run = async ({ dataDir }) => {
  const tally = new Tally()
  const result: Record<string, unknown> = {}
  const cases = [join(dataDir, 'merkle', 'testdata'), join(dataDir, 'testdata')].find((path) => existsSync(path))
  if (cases === undefined) sayMissing('merkle/testdata', dataDir)
  else result['cases'] = runProofCases(cases, tally)
  const log = [join(dataDir, 'tessera'), dataDir].find((path) => existsSync(join(path, 'log')))
  if (log === undefined) sayMissing('tessera/log', dataDir)
  else result['tessera'] = await runTiledLog(log, tally)
  const { passed, failed, wronglyAccepted } = tally
  return { passed, failed, result: { wronglyAccepted, ...result } }
}

function sayMissing(folder: string, dataDir: string): void {
  console.error(`NOT RUN: there is no folder ${folder} in ${dataDir}. Give the data with --data DIR.`)
}
