import { describe, expect, test } from 'vitest'
import { sliceOrder } from './packages/server/src/app/slice-order.ts'
import { importViolations } from './tools/tidy/import-rules.ts'
import { invariantViolations } from './tools/tidy/invariant-rules.ts'
import { clockViolations, environmentViolations } from './tools/tidy/purity-rules.ts'
import { longest } from './tools/tidy/sizes.ts'
import { anatomyViolations, vagueNameViolations, wiringViolations } from './tools/tidy/slice-rules.ts'
import { readTree } from './tools/tidy/tree.ts'
import { describeViolations } from './tools/tidy/violation.ts'

const tree = readTree(import.meta.dirname)

describe('the house is tidy', () => {
  test('tidy saw the sources and their imports', () => {
    expect(tree.modules.length).toBeGreaterThan(50)
    expect(tree.modules.flatMap((module) => module.imports).length).toBeGreaterThan(200)
    expect(tree.readmes.size).toBeGreaterThan(0)
  })

  test('packages and rooms point down, slices meet at earlier doors, models are alone', () => {
    expect(describeViolations(importViolations(tree, sliceOrder))).toBe('')
  })

  test('only the configuration reads the environment', () => {
    expect(describeViolations(environmentViolations(tree))).toBe('')
  })

  test('models are told the time', () => {
    expect(describeViolations(clockViolations(tree))).toBe('')
  })

  test('slices look alike and are listed', () => {
    expect(describeViolations(anatomyViolations(tree, sliceOrder))).toBe('')
  })

  test('every slice is wired', () => {
    expect(describeViolations(wiringViolations(tree))).toBe('')
  })

  test('every invariant of a README stands in a test name', () => {
    expect(describeViolations(invariantViolations(tree))).toBe('')
  })

  test('names say what a thing is about', () => {
    expect(describeViolations(vagueNameViolations(tree))).toBe('')
  })

  test('information: the longest files and functions', ({ annotate }) => {
    const { files, functions } = longest(tree, 5)
    expect(files).toHaveLength(5)
    console.log(
      `Longest files (lines):\n  ${files.join('\n  ')}\nLongest functions (lines):\n  ${functions.join('\n  ')}`,
    )
    return annotate(`${files[0]}; ${functions[0]}`)
  })
})
