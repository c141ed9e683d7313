#!/usr/bin/env node
// The published package holds its build only. A checkout runs its sources, for which Node must know the condition under
// which the workspaces point at theirs: that takes a process of its own.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const neededMajor = 24
const major = Number(process.versions.node.split('.')[0])
if (major < neededMajor) {
  const how = 'In a checkout use `npx metaagent …` or `npm start`, which bring their own'
  process.stderr.write(`metaagent needs Node ${neededMajor}, and this is ${process.version}. ${how}.\n`)
  process.exit(1)
}

const sources = fileURLToPath(new URL('../src/app/cli.ts', import.meta.url))

if (existsSync(sources)) {
  const args = ['--conditions=@metaagent/source', sources, ...process.argv.slice(2)]
  const command = spawn(process.execPath, args, { stdio: 'inherit' })
  // A terminal signals both; a supervisor only this one. The child decides when to end.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => command.kill(signal))
  command.once('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 143)
  })
} else {
  await import(new URL('../dist/app/cli.js', import.meta.url).href)
}
