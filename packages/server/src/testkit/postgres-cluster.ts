import { execFileSync, spawn } from 'node:child_process'
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

export interface PostgresCluster {
  /** A superuser's connection string to the database `postgres`. */
  readonly url: string
  stop(): Promise<void>
}

/** The programs of a PostgreSQL server are not here; the message says how to get them. */
export class PostgresMissing extends Error {
  override readonly name = 'PostgresMissing'
}

/** The folder that holds `initdb` and `postgres`: `$PG_BIN`, Debian's newest, then PATH. Null when there is none. */
export function findPostgresPrograms(): string | null {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : []
  const folders = [
    process.env['PG_BIN'] ?? '',
    ...versions.map((version) => join(debian, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(':'),
  ]
  const complete = (folder: string) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres'))
  return folders.find((folder) => folder !== '' && complete(folder)) ?? null
}

/** The programs' folder; installs Debian's package when there are none and this is root. Throws PostgresMissing. */
export function findOrInstallPostgresPrograms(): string {
  const found = findPostgresPrograms()
  if (found !== null) return found
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    throw new PostgresMissing(
      'no PostgreSQL programs found: install PostgreSQL 15 or newer, or set PG_BIN to its bin folder',
    )
  }
  // Debian would start a server of its own; the tests bring theirs.
  mkdirSync('/etc/postgresql-common', { recursive: true })
  const settings = '/etc/postgresql-common/createcluster.conf'
  if (!existsSync(settings)) writeFileSync(settings, 'create_main_cluster = false\n')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const keepSettings = ['-o', 'Dpkg::Options::=--force-confold']
  try {
    execFileSync('apt-get', ['update'], { env, stdio: 'pipe' })
    execFileSync('apt-get', ['install', '-y', '--no-install-recommends', ...keepSettings, 'postgresql'], {
      env,
      stdio: 'pipe',
    })
  } catch (error) {
    throw new PostgresMissing('no PostgreSQL programs found, and apt-get could not install them', { cause: error })
  }
  const installed = findPostgresPrograms()
  if (installed === null) throw new PostgresMissing('apt-get installed PostgreSQL, but its programs were not found')
  return installed
}

export interface ClusterOptions {
  /** Real durability, for crash tests and measurements. Default off, which is faster. */
  readonly durable?: boolean
  readonly maxConnections?: number
  /** More `-c name=value` settings. */
  readonly settings?: Readonly<Record<string, string>>
  /** Keeps the cluster in this folder: made there the first time, started again later. Default a throw-away one. */
  readonly folder?: string
}

/** Makes a throw-away cluster in a temporary folder and starts it on a free port. Throws PostgresMissing. */
export async function startPostgresCluster(options: ClusterOptions = {}): Promise<PostgresCluster> {
  const programs = findOrInstallPostgresPrograms()
  sweepAbandonedClusters()
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), clusterPrefix))
  mkdirSync(folder, { recursive: true })
  await endServerOf(folder)
  writeFileSync(join(folder, ownerFile), String(process.pid))
  const user = serverUser()
  if (user !== null) chownSync(folder, user.uid, user.gid)
  const run = { ...user, cwd: folder, env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C.UTF-8' } }
  const data = join(folder, 'data')
  const initdb = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync']
  if (!existsSync(join(folder, madeFile))) {
    rmSync(data, { recursive: true, force: true })
    execFileSync(join(programs, 'initdb'), initdb, { ...run, stdio: 'pipe' })
    writeFileSync(join(folder, madeFile), '')
  }
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    try {
      const stopServer = await startServer(join(programs, 'postgres'), data, port, options, run)
      const stop = async () => {
        await stopServer()
        if (options.folder === undefined) rmSync(folder, { recursive: true, force: true })
      }
      return { url: `postgres://postgres@127.0.0.1:${port}/postgres`, stop }
    } catch (error) {
      // Somebody else may have taken the port in between.
      if (attempt === 3) throw error
    }
  }
}

const clusterPrefix = 'metaagent-pg-'
/** Holds the process id of whoever started the cluster. */
const ownerFile = 'owner'
/** Stands beside a data folder that `initdb` has finished. */
const madeFile = 'made'

/** Ends the server that a killed runner left on a folder that is kept, and waits until it is gone. */
async function endServerOf(folder: string): Promise<void> {
  const server = readNumber(join(folder, 'data', 'postmaster.pid'))
  if (server === null || !isServerOf(server, folder)) return
  process.kill(server, 'SIGINT')
  while (isServerOf(server, folder)) await delay(10)
}

/** A runner that was killed could not stop its server: ends and removes the clusters whose owners are gone. */
function sweepAbandonedClusters(): void {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(clusterPrefix))) {
    const folder = join(tmpdir(), name)
    const owner = readNumber(join(folder, ownerFile))
    if (owner === null || isRunning(owner)) continue
    const server = readNumber(join(folder, 'data', 'postmaster.pid'))
    if (server !== null && isServerOf(server, folder)) process.kill(server, 'SIGQUIT')
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The number in a file's first line; null when there is none. */
function readNumber(file: string): number | null {
  try {
    const value = Number.parseInt(readFileSync(file, 'utf8'), 10)
    return Number.isSafeInteger(value) && value > 1 ? value : null
  } catch {
    return null
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** The process id may long belong to somebody else: only a server on this very folder is ours to end. */
function isServerOf(pid: number, folder: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder)
  } catch {
    return false
  }
}

interface ServerUser {
  readonly uid: number
  readonly gid: number
}

/** PostgreSQL refuses to run as root. */
function serverUser(): ServerUser | null {
  if (process.getuid?.() !== 0) return null
  const name = userExists('postgres') ? 'postgres' : 'nobody'
  const read = (flag: string) => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }))
  return { uid: read('-u'), gid: read('-g') }
}

function userExists(name: string): boolean {
  try {
    execFileSync('id', ['-u', name], { stdio: 'pipe' })
    return true
  } catch {
    return false
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

async function startServer(
  program: string,
  data: string,
  port: number,
  options: ClusterOptions,
  run: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<() => Promise<void>> {
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: run.cwd,
    max_connections: String(options.maxConnections ?? 100),
    ...(options.durable === true ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
    ...options.settings,
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const server = spawn(program, ['-D', data, '-p', String(port), ...flags], {
    ...run,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  // The server must not outlive a runner that ends without stopping it.
  const kill = () => server.kill('SIGKILL')
  process.once('exit', kill)
  await new Promise<void>((resolve, reject) => {
    let log = ''
    server.stderr.on('data', (chunk: Buffer) => {
      if (log !== 'ready') log += chunk.toString()
      if (!log.includes('database system is ready to accept connections')) return
      log = 'ready'
      resolve()
    })
    server.once('error', reject)
    server.once('exit', (code) => reject(new Error(`PostgreSQL did not start (${code}):\n${log}`)))
  })
  return async () => {
    process.off('exit', kill)
    const gone = new Promise((resolve) => server.once('exit', resolve))
    if (server.exitCode !== null) return
    server.kill('SIGINT') // fast shutdown: ends sessions, keeps the data whole
    await gone
  }
}
