import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { baseMigrations, type Migration, migrationChecksum } from '../schema/migrate.ts'

/** What a seed was made of; stands beside its tarball. */
export interface SeedManifest {
  readonly pglite: string
  readonly migrations: readonly { readonly slice: string; readonly file: string; readonly checksum: string }[]
}

export const seedTarball = 'seed.tar.gz'
export const seedManifest = 'seed.json'

/** The version of PGlite that is installed; its data folders fit only its own PostgreSQL. */
export function pgliteVersion(): string {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite')
  const file = join(dirname(entry), '..', 'package.json')
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

/** The manifest of a seed made now from these slices. */
export function describeSeed(slices: readonly Migration[]): SeedManifest {
  const migrations = [...baseMigrations(), ...slices]
  return {
    pglite: pgliteVersion(),
    migrations: migrations.map((migration) => ({
      slice: migration.slice,
      file: migration.file,
      checksum: migrationChecksum(migration),
    })),
  }
}

/**
 * The seed's tarball when it fits this program: the same PGlite, and every migration in it is one of ours unchanged
 * (those it lacks are applied afterwards). Null otherwise; an empty folder then starts from nothing, only slower.
 */
export function findSeed(folder: string, slices: readonly Migration[]): string | null {
  const manifest = join(folder, seedManifest)
  const tarball = join(folder, seedTarball)
  if (!existsSync(manifest) || !existsSync(tarball)) return null
  const seed = JSON.parse(readFileSync(manifest, 'utf8')) as SeedManifest
  const ours = describeSeed(slices)
  // A migration that stands before one in the seed must be in the seed too, or the order of application would change.
  const sameStart = seed.migrations.every((inSeed, index) => {
    const own = ours.migrations[index]
    return own?.slice === inSeed.slice && own.file === inSeed.file && own.checksum === inSeed.checksum
  })
  return seed.pglite === ours.pglite && sameStart ? tarball : null
}
