import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FolderInUse, FolderLock } from './folder-lock.ts'

describe('the folder lock', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'metaagent-lock-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const writeLock = (holder: object | string, name = '00000000-0000-4000-8000-000000000000') =>
    writeFileSync(join(folder, `lock.${name}`), typeof holder === 'string' ? holder : JSON.stringify(holder))
  const tryLock = async () => {
    const lock = await FolderLock.acquire(folder)
    lock.release()
  }

  test('it is exclusive within one process too, and free again after release', async () => {
    const lock = await FolderLock.acquire(folder)
    await expect(tryLock()).rejects.toThrow(`in use by process ${process.pid}`)
    lock.release()
    await tryLock()
  })

  test('of many that try at once at most one has it', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, async () => await FolderLock.acquire(folder)))
    const held = outcomes.filter((outcome) => outcome.status === 'fulfilled')
    expect(held.length).toBeLessThanOrEqual(1)
    for (const outcome of held) outcome.value.release()
    await tryLock()
  })

  test('a holder whose process id now belongs to another process is dead', async () => {
    const lock = await FolderLock.acquire(folder)
    const [name] = readdirSync(folder)
    const holder = JSON.parse(readFileSync(join(folder, name ?? ''), 'utf8'))
    lock.release()
    writeLock({ ...holder, startToken: '1' })
    await expect(tryLock()).resolves.toBeUndefined()
    writeLock({ ...holder, pid: 2 ** 22 + 1 })
    await expect(tryLock()).resolves.toBeUndefined()
  })

  test('a holder on another machine counts as long as its heartbeat is fresh', async () => {
    writeLock({ pid: 1, startToken: null, where: 'another container' })
    await expect(tryLock()).rejects.toThrow('another container')
    const longAgo = new Date(Date.now() - 60_000)
    utimesSync(join(folder, 'lock.00000000-0000-4000-8000-000000000000'), longAgo, longAgo)
    await tryLock()
  })

  test('a lock file that cannot be read counts as held', async () => {
    writeLock('half a lo')
    await expect(tryLock()).rejects.toThrow(FolderInUse)
  })
})
