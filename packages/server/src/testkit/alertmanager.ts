import { execFileSync, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

export interface Alertmanager {
  readonly url: string
  stop(): Promise<void>
}

/** Debian's package, unpacked and not installed: its service would start an Alertmanager of its own. */
const unpacked = join(tmpdir(), 'metaagent-alertmanager')
const program = 'usr/bin/prometheus-alertmanager'
/** Debian's program reads its templates here and nowhere else. */
const templates = 'usr/share/prometheus/alertmanager'

/**
 * The Alertmanager program: `$ALERTMANAGER_BIN`, Debian's, one on PATH, else Debian's package unpacked into the temporary
 * folder. A sentence when there is none: then what needs it is skipped.
 */
export function findOrFetchAlertmanager(): { readonly path: string } | { readonly missing: string } {
  const folders = (process.env['PATH'] ?? '').split(':')
  const candidates = [
    process.env['ALERTMANAGER_BIN'] ?? '',
    `/${program}`,
    ...folders.flatMap((folder) => [join(folder, 'alertmanager'), join(folder, 'prometheus-alertmanager')]),
    ...(existsSync(`/${templates}`) ? [join(unpacked, program)] : []),
  ]
  const found = candidates.find((path) => path !== '' && existsSync(path))
  return found === undefined ? fetchPackage() : { path: found }
}

function fetchPackage(): { readonly path: string } | { readonly missing: string } {
  if (!existsSync('/usr/bin/apt-get') || !existsSync('/usr/bin/dpkg-deb'))
    return { missing: 'no Alertmanager found: install one, or set ALERTMANAGER_BIN' }
  const folder = mkdtempSync(join(tmpdir(), 'metaagent-deb-'))
  try {
    execFileSync('apt-get', ['download', 'prometheus-alertmanager'], { cwd: folder, stdio: 'pipe' })
    const [archive] = readdirSync(folder)
    if (archive === undefined) return { missing: 'apt-get brought no Alertmanager' }
    mkdirSync(unpacked, { recursive: true })
    execFileSync('dpkg-deb', ['-x', join(folder, archive), unpacked], { stdio: 'pipe' })
    if (!existsSync(`/${templates}`)) cpSync(join(unpacked, templates), `/${templates}`, { recursive: true })
    return { path: join(unpacked, program) }
  } catch {
    return { missing: 'no Alertmanager found, and apt-get could not fetch prometheus-alertmanager' }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Starts an Alertmanager alone (no cluster) with a configuration in YAML (so JSON will do), on a free port. */
export async function startAlertmanager(path: string, configuration: unknown): Promise<Alertmanager> {
  const folder = mkdtempSync(join(tmpdir(), 'metaagent-am-'))
  const file = join(folder, 'alertmanager.yml')
  writeFileSync(file, JSON.stringify(configuration))
  const port = await freePort()
  const flags = [
    `--config.file=${file}`,
    `--storage.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--cluster.listen-address=',
    '--log.level=error',
  ]
  const child = spawn(path, flags, { stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString()
  })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const url = `http://127.0.0.1:${port}`
  for (let attempt = 0; (await fetch(`${url}/-/ready`).catch(() => null))?.status !== 200; attempt++) {
    if (attempt === 200 || child.exitCode !== null) throw new Error(`Alertmanager did not start: ${log}`)
    await delay(25)
  }
  return {
    url,
    stop: async () => {
      process.off('exit', kill)
      const gone = new Promise((resolve) => child.once('exit', resolve))
      if (child.exitCode === null) {
        child.kill('SIGKILL')
        await gone
      }
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => (typeof address === 'object' && address !== null ? resolve(address.port) : reject(address)))
    })
  })
}
