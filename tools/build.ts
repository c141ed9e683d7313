// Makes the packages as they are published: npm run build
import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { buildDashboard } from './dashboard.ts'
import { root, run } from './programs.ts'

const published = ['contract', 'verify', 'sdk', 'server']

/** What the compiler does not carry over and the server reads at run time, under `src/` and below `dist/` alike. */
export function isAsset(path: string): boolean {
  return /\.(sql|json|proto|html|css|txt)$/.test(path)
}

/** Copies every asset below `from` to the same place below `to`; returns how many. */
export function copyAssets(from: string, to: string): number {
  const assets = (readdirSync(from, { recursive: true }) as string[]).filter(isAsset)
  for (const asset of assets) cpSync(join(from, asset), join(to, asset))
  return assets.length
}

async function build(): Promise<number> {
  for (const name of published) rmSync(join(root, 'packages', name, 'dist'), { recursive: true, force: true })
  const types = await run('tsc', ['-b', 'tsconfig.build.json', '--force', '--pretty'])
  if (types.exitCode !== 0) return types.exitCode
  const server = join(root, 'packages/server')
  console.log(`server: ${copyAssets(join(server, 'src'), join(server, 'dist'))} assets copied`)
  const dashboard = await buildDashboard()
  if (dashboard !== 0) return dashboard
  const built = join(root, 'packages/dashboard/dist')
  if (!existsSync(join(built, 'index.html'))) {
    console.error('The dashboard was built without an index.html.')
    return 1
  }
  cpSync(built, join(server, 'dist/dashboard'), { recursive: true })
  console.log('server: dashboard embedded')
  return (await run('node', ['--conditions=@metaagent/source', join(root, 'tools/make-seed.ts')])).exitCode
}

if (import.meta.main) process.exitCode = await build()
