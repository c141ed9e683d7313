import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openPglite } from '../packages/server/src/adapters/pglite/open.ts'
import { findSeed } from '../packages/server/src/adapters/pglite/seed.ts'
import { migrate } from '../packages/server/src/adapters/schema/migrate.ts'
import { fixtureSchema } from '../packages/server/src/testkit/fixture-schema.ts'
import { MemoryLog } from '../packages/server/src/testkit/memory-log.ts'
import { makeSeed } from './make-seed.ts'

test('a made seed fits its own migrations, starts a database without migrating, and is not made twice', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'metaagent-seed-test-'))
  expect(await makeSeed(join(folder, 'seed'), [fixtureSchema])).toBeGreaterThan(1_000_000)
  expect(await makeSeed(join(folder, 'seed'), [fixtureSchema])).toBeNull()
  const seedFile = findSeed(join(folder, 'seed'), [fixtureSchema])
  expect(seedFile).not.toBeNull()
  const store = await openPglite({ folder: join(folder, 'data'), log: new MemoryLog(), seedFile, maintenance: null })
  expect(await migrate(store, [fixtureSchema])).toEqual({ applied: [], unknown: [] })
  await store.close()
  rmSync(folder, { recursive: true })
})
