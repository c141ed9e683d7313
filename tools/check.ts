// Everything that can be known without running the product: npm run check [-- STEP …]
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from './programs.ts'

interface Step {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
}

// `build` makes the declarations that `package` looks at. --force, since an incremental build repeats old errors after an
// ambient declaration was added.
const steps: readonly Step[] = [
  { name: 'types', command: 'tsc', args: ['-p', 'tsconfig.check.json', '--pretty'] },
  {
    name: 'types of the dashboard',
    command: 'tsc',
    args: ['-p', 'packages/dashboard/tsconfig.check.json', '--pretty'],
  },
  { name: 'types of the browser tests', command: 'tsc', args: ['-p', 'e2e/tsconfig.json', '--pretty'] },
  { name: 'build', command: 'tsc', args: ['-b', 'tsconfig.build.json', '--force', '--pretty'] },
  { name: 'purity', command: 'tsc', args: ['-p', 'tsconfig.pure.json', '--pretty'] },
  { name: 'lint', command: 'oxlint', args: ['--type-aware', '--deny-warnings'] },
  { name: 'format', command: 'biome', args: ['check', '--colors=force', '.'] },
  { name: 'dead code', command: 'knip', args: [] },
  { name: 'licences', command: 'node', args: ['tools/licences.ts'] },
  { name: 'bill of materials', command: 'node', args: ['tools/sbom.ts'] },
  ...['contract', 'sdk', 'verify'].map((name) => ({
    name: `package ${name}`,
    command: 'publint',
    args: ['--strict', `packages/${name}`],
  })),
  ...pythonSteps(),
]

/** Where the tests have made an environment for Python; `npm test` makes it. */
function pythonSteps(): readonly Step[] {
  const programs = join(root, 'node_modules/.cache/metaagent-python/bin')
  if (!existsSync(join(programs, 'ruff'))) return []
  const settings = 'python/pyproject.toml'
  const ruff = join(programs, 'ruff')
  return [
    { name: 'python lint', command: ruff, args: ['check', '--config', settings, 'python'] },
    { name: 'python format', command: ruff, args: ['format', '--check', '--config', settings, 'python'] },
    {
      name: 'python types',
      command: join(programs, 'mypy'),
      args: ['--config-file', settings, 'python/src', 'python/bench'],
    },
  ]
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !steps.some((step) => step.name.startsWith(name)))
if (unknown.length > 0) {
  console.error(`No step is called ${unknown.join(', ')}. Steps: ${steps.map((step) => step.name).join(', ')}.`)
  process.exit(2)
}

const failed: string[] = []
const chosen = steps.filter((step) => wanted.length === 0 || wanted.some((name) => step.name.startsWith(name)))
for (const { name, command, args } of chosen) {
  const startedAt = performance.now()
  const { exitCode, output } = await run(command, args, { capture: true })
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  console.log(`${exitCode === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`)
  if (exitCode !== 0) {
    failed.push(name)
    console.log(output)
  }
}
console.log(failed.length === 0 ? `check: all ${chosen.length} steps passed` : `check: failed: ${failed.join(', ')}`)
process.exitCode = failed.length === 0 ? 0 : 1
