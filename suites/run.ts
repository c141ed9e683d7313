// npm run suite -- NAME [--data DIR]: one suite against real data or an external test suite.
import { runNamed } from '../tools/run-named.ts'

process.exitCode = await runNamed('suites', process.argv.slice(2))
