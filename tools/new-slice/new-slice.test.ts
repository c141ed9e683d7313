import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../programs.ts'
import { importViolations } from '../tidy/import-rules.ts'
import { invariantViolations } from '../tidy/invariant-rules.ts'
import { clockViolations } from '../tidy/purity-rules.ts'
import { anatomyViolations, wiringViolations } from '../tidy/slice-rules.ts'
import { plantTree } from '../tidy/tree.ts'
import { describeViolations } from '../tidy/violation.ts'
import { freeLetters, skeletonOf, wire } from './plan.ts'

const slice = { floor: 'judge', name: 'sketches' }
const order = [{ floor: 'govern', name: 'journal' }, slice, { floor: 'steer', name: 'metaloop' }]
const folder = `packages/server/src/slices/${slice.floor}/${slice.name}`
const wiring = `import { journalSlice } from '../slices/govern/journal/index.ts'
import { metaloopSlice } from '../slices/steer/metaloop/index.ts'
import { sliceOrder } from './slice-order.ts'
const records = {
  journal: journalSlice,
  metaloop: metaloopSlice,
}
`

test('a new slice passes every rule of tidy', () => {
  const files = [...skeletonOf(slice, 'SK')].map(([file, text]) => [`${folder}/${file}`, text])
  const tree = plantTree({
    ...Object.fromEntries(files),
    'packages/server/src/app/slices.ts': wire(wiring, slice, order),
  })
  const violations = [
    ...importViolations(tree, order),
    ...clockViolations(tree),
    ...anatomyViolations(tree, order),
    ...invariantViolations(tree),
    ...wiringViolations(tree),
  ]
  expect(describeViolations(violations)).toBe('')
})

test('a new slice compiles, its model in the purity compile too', () => {
  const house = mkdtempSync(join(tmpdir(), 'new-slice-'))
  try {
    mkdirSync(join(house, folder), { recursive: true })
    for (const room of ['kernel', 'ports', 'testkit', 'app'])
      symlinkSync(join(root, 'packages/server/src', room), join(house, 'packages/server/src', room))
    for (const shared of ['node_modules', 'types', 'tsconfig.base.json'])
      symlinkSync(join(root, shared), join(house, shared))
    writeFileSync(join(house, 'package.json'), '{ "type": "module" }')
    for (const [file, text] of skeletonOf(slice, 'SK')) writeFileSync(join(house, folder, file), text)
    const compile = (types: readonly string[], include: readonly string[]) => {
      const compilerOptions = {
        noEmit: true,
        composite: false,
        declaration: false,
        declarationMap: false,
        rewriteRelativeImportExtensions: false,
        skipLibCheck: true,
        types,
      }
      const config = { extends: './tsconfig.base.json', compilerOptions, include }
      writeFileSync(join(house, 'tsconfig.json'), JSON.stringify(config))
      const tsc = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', '.'], { cwd: house, encoding: 'utf8' })
      // What is wrong elsewhere in the house is `npm run check`'s affair.
      return tsc.stdout.split('\n').filter((line) => line.startsWith(folder))
    }
    const ours = (file: string) => `${folder}/${file}`
    expect(compile([], ['types/url.d.ts', ours('model.ts')])).toEqual([])
    expect(compile(['node'], [ours('*.ts')])).toEqual([])
  } finally {
    rmSync(house, { recursive: true, force: true })
  }
})

test('it is wired at its place in the order', () => {
  expect(wire(wiring, slice, order)).toMatch(/journal: journalSlice,\n {2}sketches: sketchesSlice,\n {2}metaloop/)
  expect(() => wire('', slice, order)).toThrow('by hand')
})

test('its invariants get letters that nobody has', () => {
  expect(freeLetters('journal', [])).toBe('J')
  expect(freeLetters('judgments', ['**J1** a', '**JU1** b'])).toBe('JD')
  expect(() => freeLetters('a', ['**A1**'])).toThrow('no letters')
})
