// Makes the seed that an embedded database starts from in an empty folder: node tools/make-seed.ts [FOLDER]
// Does nothing when the folder's seed is the one that would be made. The content follows from PGlite's version and the
// migrations; the bytes differ from run to run, because PostgreSQL writes the time of its birth into every cluster.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { packFolder } from '../packages/server/src/adapters/pglite/archive.ts'
import { openPglite, pgliteDataDir } from '../packages/server/src/adapters/pglite/open.ts'
import { describeSeed, seedManifest, seedTarball } from '../packages/server/src/adapters/pglite/seed.ts'
import { type Migration, migrate } from '../packages/server/src/adapters/schema/migrate.ts'
import { pinoLog } from '../packages/server/src/adapters/system/pino-log.ts'
import { collectMigrations } from '../packages/server/src/app/migrations.ts'
import { root } from './programs.ts'

/** Writes tarball and manifest unless they are current; returns the tarball's size in bytes, null when it was. */
export async function makeSeed(folder: string, migrations: readonly Migration[]): Promise<number | null> {
  const manifest = JSON.stringify(describeSeed(migrations), null, 2)
  const manifestFile = join(folder, seedManifest)
  const tarballFile = join(folder, seedTarball)
  if (existsSync(tarballFile) && existsSync(manifestFile) && readFileSync(manifestFile, 'utf8') === manifest)
    return null
  const work = mkdtempSync(join(tmpdir(), 'metaagent-seed-'))
  try {
    const log = pinoLog('warn')
    const store = await openPglite({ folder: work, log, durability: 'relaxed', maintenance: null })
    await migrate(store, migrations)
    await store.close()
    const tarball = gzipSync(await packFolder(pgliteDataDir(work)), { level: 9 })
    mkdirSync(folder, { recursive: true })
    // The manifest vouches for the tarball, so it goes away first and comes last.
    rmSync(manifestFile, { force: true })
    writeFileSync(`${tarballFile}.new`, tarball)
    renameSync(`${tarballFile}.new`, tarballFile)
    writeFileSync(manifestFile, manifest)
    return tarball.byteLength
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  const folder = process.argv[2] ?? join(root, 'packages/server/seed')
  const bytes = await makeSeed(folder, collectMigrations())
  if (bytes !== null) console.log(`Made the seed of the embedded database (${(bytes / 1e6).toFixed(1)} MB).`)
}
