import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { StoreUnavailable } from '../../ports/store-errors.ts'
import { lsnToBigint, WalSync } from './wal-sync.ts'

let folder: string
let sync: WalSync
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'metaagent-wal-'))
  mkdirSync(join(folder, 'pg_wal'))
  sync = new WalSync(folder)
})
afterEach(async () => {
  vi.restoreAllMocks()
  await sync.close()
  rmSync(folder, { recursive: true, force: true })
})

const segment = (number: number): string => {
  const name = number.toString(16).toUpperCase().padStart(24, '0')
  writeFileSync(join(folder, 'pg_wal', name), 'log')
  return name
}

/** Watches what reaches the disk through any file handle, without changing it. */
async function watchSyncs(): Promise<() => { data: number; whole: number }> {
  const probe = await open(join(folder, 'pg_wal'), 'r')
  const prototype = Object.getPrototypeOf(probe) as FileHandle
  await probe.close()
  const data = vi.spyOn(prototype, 'datasync')
  const whole = vi.spyOn(prototype, 'sync')
  return () => ({ data: data.mock.calls.length, whole: whole.mock.calls.length })
}

test('commits that arrive during a sync share the next one', async () => {
  const name = segment(1)
  await sync.upTo({ lsn: '0/10', segment: name })
  const counts = await watchSyncs()
  await Promise.all(
    Array.from({ length: 50 }, async (_unused, at) => await sync.upTo({ lsn: `0/${20 + at}`, segment: name })),
  )
  expect(counts().data).toBeGreaterThanOrEqual(1)
  expect(counts().data).toBeLessThanOrEqual(2)
})

test('what is on the disk already is not synced again', async () => {
  const name = segment(1)
  await sync.upTo({ lsn: '0/20', segment: name })
  const counts = await watchSyncs()
  await sync.upTo({ lsn: '0/20', segment: name })
  await sync.upTo({ lsn: '0/1F', segment: name })
  expect(counts()).toEqual({ data: 0, whole: 0 })
})

test('moving on syncs the segments in between and the folder', async () => {
  await sync.upTo({ lsn: '0/10', segment: segment(1) })
  segment(2)
  segment(3)
  const counts = await watchSyncs()
  await sync.upTo({ lsn: '0/4000010', segment: segment(4) })
  expect(counts()).toEqual({ data: 2, whole: 3 }) // the old and the new segment; numbers 2 and 3, and the folder
})

test('after a sync that failed every commit is refused, also when the disk seems well again', async () => {
  const name = segment(1)
  await expect(sync.upTo({ lsn: '0/10', segment: 'missing' })).rejects.toThrow(StoreUnavailable)
  await expect(sync.upTo({ lsn: '0/20', segment: name })).rejects.toThrow(StoreUnavailable)
})

test('a position is compared as a number', () => {
  expect(lsnToBigint('0/FF')).toBe(255n)
  expect(lsnToBigint('2/0') > lsnToBigint('1/FFFFFFFF')).toBe(true)
  expect(() => lsnToBigint('nonsense')).toThrow(TypeError)
})
