#!/usr/bin/env node
// The published package runs its build. A checkout runs its sources, even when an older build lies beside them; the
// condition that finds the other workspaces' sources can only be given to a new process.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const sources = fileURLToPath(new URL('../src/app/cli.ts', import.meta.url))
if (existsSync(sources)) {
  const args = ['--conditions=@metaagent/source', sources, ...process.argv.slice(2)]
  const child = spawn(process.execPath, args, { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => {
      // A terminal sends Ctrl-C to both of us; a second one would mean "at once".
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    })
  child.once('exit', (code, signal) => {
    process.exitCode = code ?? (signal === null ? 1 : 143)
  })
} else {
  await import(new URL('../dist/app/cli.js', import.meta.url).href)
}
