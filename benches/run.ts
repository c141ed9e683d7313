// npm run bench -- NAME [--data DIR]: one measurement.
import { runNamed } from '../tools/run-named.ts'

process.exitCode = await runNamed('benches', process.argv.slice(2))
