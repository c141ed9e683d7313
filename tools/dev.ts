// The server, restarted on change, and the dashboard with hot reload in front of it: npm run dev
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { programEnvironment, root } from './programs.ts'

const commands: readonly {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
}[] = [
  {
    name: 'server',
    command: 'node',
    args: [
      '--watch',
      '--conditions=@metaagent/source',
      'packages/server/src/app/cli.ts',
      'start',
      ...process.argv.slice(2),
    ],
    cwd: root,
  },
  { name: 'dashboard', command: 'vite', args: ['--clearScreen', 'false'], cwd: join(root, 'packages/dashboard') },
]

const children = commands.map(({ name, command, args, cwd }) => {
  const child = spawn(command, args, { cwd, env: programEnvironment(), stdio: 'inherit' })
  child.once('error', (error) => {
    console.error(`${name}: ${error.message}`)
    stop()
  })
  child.once('exit', (code) => {
    process.exitCode ||= code ?? 0
    stop()
  })
  return child
})

// One ends, both end; a signal to us is a signal to them.
function stop(): void {
  for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
}
process.on('SIGINT', stop)
process.on('SIGTERM', stop)
