import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { packFolder, unpackArchive } from './archive.ts'

describe('the archive', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'metaagent-archive-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const pack = async (): Promise<string> => {
    const tarball = join(folder, 'packed.tar.gz')
    writeFileSync(tarball, gzipSync(await packFolder(join(folder, 'from'))))
    return tarball
  }

  test('what is packed comes out the same, and the same content gives the same bytes', async () => {
    mkdirSync(join(folder, 'from', 'deep', 'empty'), { recursive: true })
    const big = Buffer.from(Array.from({ length: 300_000 }, (_unused, index) => index % 251))
    writeFileSync(join(folder, 'from', 'deep', 'big'), big)
    writeFileSync(join(folder, 'from', 'none'), '')
    writeFileSync(join(folder, 'from', 'block'), Buffer.alloc(512, 7))
    const tarball = await pack()
    await unpackArchive(tarball, join(folder, 'to'))
    const names = new Set(readdirSync(join(folder, 'to'), { recursive: true, encoding: 'utf8' }))
    expect(names).toEqual(new Set(['block', 'deep', 'deep/big', 'deep/empty', 'none']))
    expect(readFileSync(join(folder, 'to', 'deep', 'big')).equals(big)).toBe(true)
    expect(readFileSync(join(folder, 'to', 'block'))).toEqual(Buffer.alloc(512, 7))
    expect((await packFolder(join(folder, 'to'))).equals(await packFolder(join(folder, 'from')))).toBe(true)
  })

  test('a torn archive and a path that leads outside are refused', async () => {
    mkdirSync(join(folder, 'from'))
    writeFileSync(join(folder, 'from', 'file'), 'x'.repeat(5_000))
    const whole = await packFolder(join(folder, 'from'))
    const torn = join(folder, 'torn.tar.gz')
    writeFileSync(torn, gzipSync(whole.subarray(0, 2_000)))
    await expect(unpackArchive(torn, join(folder, 'to'))).rejects.toThrow('ends too early')
    const evil = Buffer.from(whole)
    evil.write('../evil\0', 0)
    writeFileSync(torn, gzipSync(evil))
    await expect(unpackArchive(torn, join(folder, 'to'))).rejects.toThrow('outside of its folder')
    mkdirSync(join(folder, 'from', 'y'.repeat(101)))
    await expect(packFolder(join(folder, 'from'))).rejects.toThrow(RangeError)
  })
})
