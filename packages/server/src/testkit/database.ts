import { describe, inject } from 'vitest'
import { collectMigrations } from '../app/migrations.ts'
import type { Store } from '../ports/store.ts'
import './global-setup.ts'
import { openPgliteTestStore, openPostgresTestStore, type TestStore, type TestStoreOptions } from './test-stores.ts'

export type StoreKind = Store['kind']

/** The stores that can run here: PGlite always, PostgreSQL when this run has a cluster. */
export const storeKinds: readonly StoreKind[] = postgresUrl() === null ? ['pglite'] : ['pglite', 'postgres']

/** This run's cluster, as its superuser; null when the machine has no PostgreSQL. */
export function postgresUrl(): string | null {
  return inject('postgresUrl') ?? null
}

/** Runs the same tests on both stores; those of a store that cannot run here are counted as skipped. */
export function describeOnStores(title: string, body: (kind: StoreKind) => void): void {
  for (const kind of ['pglite', 'postgres'] as const) {
    describe.skipIf(!storeKinds.includes(kind))(`${title} (${kind})`, () => body(kind))
  }
}

/**
 * A fresh store with the schema of all slices (or of `migrations`). About half a second on PGlite, less on PostgreSQL:
 * open one per test file in `beforeAll`, close it in `afterAll`, and give each test an organization of its own.
 */
export async function openTestStore(kind: StoreKind, options: Partial<TestStoreOptions> = {}): Promise<TestStore> {
  const complete = { ...options, migrations: options.migrations ?? collectMigrations() }
  if (kind === 'pglite') return await openPgliteTestStore(complete)
  const cluster = postgresUrl()
  if (cluster === null) throw new Error('this run has no PostgreSQL; use describeOnStores or storeKinds')
  return await openPostgresTestStore(cluster, complete)
}
