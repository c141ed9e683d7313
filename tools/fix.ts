// Mends what a machine can mend, in the given files or everywhere: npm run fix [-- PATH …]
import { run } from './programs.ts'

const paths = process.argv.slice(2)
const lint = await run('oxlint', ['--type-aware', '--fix', '--no-error-on-unmatched-pattern', ...paths])
const format = await run('biome', [
  'check',
  '--write',
  '--no-errors-on-unmatched',
  ...(paths.length > 0 ? paths : ['.']),
])
process.exitCode = Math.max(lint.exitCode, format.exitCode)
