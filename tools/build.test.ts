import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { copyAssets } from './build.ts'
import { newestChangeMs } from './dashboard.ts'

let folder = ''
const put = (path: string, changedAt = new Date(5000)) => {
  mkdirSync(join(folder, path, '..'), { recursive: true })
  writeFileSync(join(folder, path), '')
  utimesSync(join(folder, path), changedAt, changedAt)
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'build-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

test('schemas and other data are carried over, sources and documents are not', () => {
  for (const path of ['src/slices/a/schema.sql', 'src/data/prices.json', 'src/a.ts', 'src/README.md']) put(path)
  expect(copyAssets(join(folder, 'src'), join(folder, 'dist'))).toBe(2)
  expect(readdirSync(join(folder, 'dist'), { recursive: true }).map(String).toSorted()).toEqual([
    'data',
    'data/prices.json',
    'slices',
    'slices/a',
    'slices/a/schema.sql',
  ])
})

test('the newest source decides whether the dashboard is stale; builds and tests do not count', () => {
  put('src/a.ts', new Date(1000))
  put('src/deep/b.ts', new Date(2000))
  put('dist/index.html', new Date(9000))
  put('src/b.test.ts', new Date(9000))
  expect(newestChangeMs(folder, ['src', 'dist/..', 'absent'])).toBe(2000)
})
