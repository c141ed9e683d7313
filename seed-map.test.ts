import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventTypes } from '@metaagent/contract'
import { expect, test } from 'vitest'
import { mapProblems } from './tools/seed-map/check.ts'
import { readHouse } from './tools/seed-map/house.ts'
import { seedNames } from './tools/seed-map/names.ts'
import { renderMap } from './tools/seed-map/render.ts'

const root = import.meta.dirname
const pending = JSON.parse(readFileSync(join(root, 'docs/seed-map.pending.json'), 'utf8')) as string[]

test('every name that the seeds give is where the map says, or pending as it was listed', () => {
  expect(mapProblems(seedNames, pending, readHouse(root, eventTypes)).join('\n')).toBe('')
})

test('docs/SEED-MAP.md is what the tables say', () => {
  expect(readFileSync(join(root, 'docs/SEED-MAP.md'), 'utf8'), 'run node tools/seed-map/write.ts').toBe(
    renderMap(seedNames),
  )
})
