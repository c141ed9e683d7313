import { accessSync, constants, existsSync, lstatSync, readFileSync, statfsSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { ArbitrationRules, GovernanceRules, SystemHealth } from '@metaagent/contract'
import { z } from 'zod'
import { folderHolder } from '../../adapters/pglite/folder-lock.ts'
import { hasPgliteData } from '../../adapters/pglite/open.ts'
import type { Config } from '../config.ts'
import { findDashboard } from '../dashboard-folder.ts'
import { type Finding, failure, fine, warning } from './finding.ts'

const oldestNode = 24

/** The runtime. `version` as in `process.versions.node`. */
export function checkNode(version: string): Finding {
  const major = Number(version.split('.', 1)[0])
  return major >= oldestNode
    ? fine('node', version)
    : failure('node', `${version} is too old`, `Install Node ${oldestNode} or newer.`)
}

/** Whether the environment names only what somebody reads. */
export function checkNames(unread: readonly string[]): Finding {
  return unread.length === 0
    ? fine('names', 'nothing in the environment is misspelled')
    : warning('names', `nobody reads ${unread.join(', ')}`, 'Check the spelling: --json lists every name that is read.')
}

/** Whether the folder can be used, and who uses it. */
export function checkDataFolder(config: Config): Finding {
  const name = 'data folder'
  const folder = resolve(config.dataDir)
  const existing = nearestExisting(folder)
  const fault = folderFault(existing)
  if (fault !== null)
    return failure(
      name,
      `${folder} cannot be used: ${existing} ${fault}`,
      'Choose another: METAAGENT_DATA_DIR or --data-dir.',
    )
  if (existing !== folder) return fine(name, `${folder} will be made at the first start`)
  const holder = folderHolder(folder)
  return fine(name, holder === null ? `${folder}, free` : `${folder}, in use by process ${holder.pid}`)
}

function nearestExisting(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearestExisting(dirname(folder))
}

function folderFault(folder: string): string | null {
  if (!statSync(folder).isDirectory()) return 'is no folder'
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    return null
  } catch {
    return 'is not writable for this user'
  }
}

const enoughBytes = 1024 ** 3

/** Room for the data folder to grow. */
export function checkDisk(config: Config): Finding {
  const { bavail, bsize } = statfsSync(nearestExisting(resolve(config.dataDir)))
  const free = `${((bavail * bsize) / 1024 ** 3).toFixed(1)} GiB free`
  return bavail * bsize >= enoughBytes
    ? fine('disk', free)
    : warning('disk', free, 'Make room: a full disk stops ingest, and what agents report then is lost.')
}

/** Whether the deployment's own governance rules can be read; new organizations begin with them. */
export function checkGovernanceRules({ governanceRulesFile }: Config): Finding {
  const name = 'governance rules'
  if (governanceRulesFile === null) return fine(name, 'as shipped')
  const advice = 'Mend the file that METAAGENT_GOVERNANCE_RULES names: organizations keep what they had until then.'
  try {
    const file = z.object({ ...GovernanceRules.shape, arbitration: ArbitrationRules.optional() })
    const parsed = file.safeParse(JSON.parse(readFileSync(governanceRulesFile, 'utf8')))
    if (parsed.success) return fine(name, governanceRulesFile)
    const [first] = parsed.error.issues
    return failure(name, `${governanceRulesFile}, ${first?.path.join('.') ?? 'file'}: ${first?.message}`, advice)
  } catch (error) {
    return failure(name, `${governanceRulesFile}: ${error instanceof Error ? error.message : String(error)}`, advice)
  }
}

/** Whether arbitrations can be written to their file, and how large it and those before it are. */
export function checkArbitrationLog(config: Config): Finding {
  const name = 'arbitration log'
  const { path, rotateBytes, keep } = config.arbitrationLog
  const file = resolve(config.dataDir, path)
  const advice = 'Verdicts wait in the database until it can be written: METAAGENT_ARBITRATION_LOG names another.'
  if (existsSync(file) && !lstatSync(file).isFile()) return failure(name, `${file} is no plain file`, advice)
  const folder = nearestExisting(dirname(file))
  const fault = folderFault(folder)
  if (fault !== null) return failure(name, `${file} cannot be written: ${folder} ${fault}`, advice)
  const files = [file, ...Array.from({ length: keep }, (_, at) => `${file}.${at + 1}`)].filter((one) => existsSync(one))
  if (files.length === 0) return fine(name, `${file} will be made with the first verdict`)
  const megabytes = (bytes: number) => `${(bytes / 1024 ** 2).toFixed(1)} MiB`
  const total = files.reduce((sum, one) => sum + statSync(one).size, 0)
  return fine(
    name,
    `${file}, ${megabytes(total)} in ${files.length} files; rotated at ${megabytes(rotateBytes)}, ${keep} kept`,
  )
}

/** The master key, without which nothing sealed can be read. */
export function checkKey(config: Config): Finding {
  const name = 'master key'
  if (config.secretKey !== null) return fine(name, 'from METAAGENT_SECRET_KEY')
  if (config.databaseUrl !== null)
    return failure(
      name,
      'METAAGENT_SECRET_KEY is not set',
      'Every process on PostgreSQL needs the same: make one with  openssl rand -base64 32',
    )
  const path = join(resolve(config.dataDir), 'secret.key')
  if (!existsSync(path))
    return hasPgliteData(config.dataDir)
      ? failure(name, `${path} is gone`, 'Restore it from your backup: without it no sealed value can be read.')
      : fine(name, 'will be made at the first start')
  return keyFileFinding(name, path)
}

function keyFileFinding(name: string, path: string): Finding {
  const restore = 'Restore it from your backup.'
  try {
    if (Buffer.from(readFileSync(path, 'utf8').trim(), 'base64').length !== 32)
      return failure(name, `${path} does not hold 32 bytes in base64`, restore)
  } catch (error) {
    return failure(name, `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`, restore)
  }
  const readableByOthers = (statSync(path).mode & 0o077) !== 0
  return readableByOthers
    ? warning(name, `${path} is readable by other users`, `Run: chmod 600 ${path}`)
    : fine(name, path)
}

/** Whether the address can be bound, and who sits there if not. */
export async function checkPort({ host, port }: Pick<Config, 'host' | 'port'>): Promise<Finding> {
  const name = 'port'
  const address = `${host}:${port}`
  if (port === 0) return fine(name, 'a free one is taken at the start')
  const code = await bindFault(host, port)
  if (code === null) return fine(name, `${address} is free`)
  if (code === 'EADDRINUSE') return await whoListens(host, port)
  const advice =
    code === 'EACCES'
      ? 'Ports below 1024 need more rights: take another one.'
      : 'Set METAAGENT_HOST to an address of this machine.'
  return failure(name, `${address} cannot be bound (${code})`, advice)
}

function bindFault(host: string, port: number): Promise<string | null> {
  return new Promise((settle) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message))
    server.listen(port, host, () => server.close(() => settle(null)))
  })
}

const answerWithinMs = 3_000

async function whoListens(host: string, port: number): Promise<Finding> {
  const peer = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  const health = await fetch(`http://${peer}:${port}/api/v1/health`, { signal: AbortSignal.timeout(answerWithinMs) })
    .then(async (response) => SystemHealth.safeParse(await response.json()))
    .catch(() => null)
  if (health?.success !== true)
    return failure(
      'port',
      `another program listens at ${host}:${port}`,
      'Choose another port: METAAGENT_PORT or --port.',
    )
  const { version, store, status } = health.data
  const running = `MetaAgent ${version} (${store}) serves at ${host}:${port}`
  return status === 'ok'
    ? fine('port', running)
    : warning('port', `${running}, but it is ${status}`, 'Look at its log and at GET /api/v1/health.')
}

/** Whether links that MetaAgent hands out lead back to it. */
export function checkPublicUrl({ host, publicUrl, port }: Pick<Config, 'host' | 'publicUrl' | 'port'>): Finding {
  const name = 'address'
  if (publicUrl !== null) return fine(name, publicUrl)
  const local = host === 'localhost' || host === '::1' || host.startsWith('127.')
  return local
    ? fine(name, `http://localhost:${port}, this machine only`)
    : warning(
        name,
        `serves the network at ${host}, but links say localhost`,
        'Set METAAGENT_PUBLIC_URL to what people type.',
      )
}

/** What the documentation of MetaQore gives as an example. */
const exampleToken = 'terraqore'
const shortestToken = 16

/** Whether the secret of privileged clients is one. */
export function checkPrivilegedToken({ privilegedToken }: Pick<Config, 'privilegedToken'>): Finding {
  const name = 'privileged token'
  const advice = 'Make another one:  openssl rand -base64 32'
  if (privilegedToken === null) return fine(name, 'none: nobody is privileged')
  if (privilegedToken.toLowerCase() === exampleToken)
    return warning(name, 'it is the example of the documentation, which everybody knows', advice)
  return privilegedToken.length < shortestToken
    ? warning(name, `it has ${privilegedToken.length} characters: that can be guessed`, advice)
    : fine(name, 'set')
}

/** Whether there are pages to serve. */
export function checkDashboard({ dashboardDir }: Pick<Config, 'dashboardDir'>): Finding {
  const folder = findDashboard(dashboardDir)
  return folder === null
    ? warning('dashboard', 'not built: only the API will be served', 'In a checkout run: node tools/dashboard.ts')
    : fine('dashboard', folder)
}
