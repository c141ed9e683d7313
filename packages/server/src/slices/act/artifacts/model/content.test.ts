import { createHash } from 'node:crypto'
import type { ArtifactType } from '@metaagent/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readVersion, unstorable, type VersionOrder } from './content.ts'

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex')
const order = (change: Partial<VersionOrder>): VersionOrder => ({
  content: '',
  path: null,
  operation: 'create',
  claims: [],
  requirements: [],
  ...change,
})
const read = (type: ArtifactType, change: Partial<VersionOrder>) => readVersion(type, order(change), hashOf)
const refusal = (type: ArtifactType, change: Partial<VersionOrder>) => {
  const result = read(type, change)
  return result.ok ? null : result.refusal.code
}

describe('a version', () => {
  test('AF4: its hash is of the bytes of a text, and the same for every spelling of a JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        fc.pre(typeof value !== 'string' && unstorable(value as never) === null)
        const again = JSON.parse(JSON.stringify(value, null, 3)) as never
        const [one, other] = [read('other', { content: value as never }), read('other', { content: again })]
        expect(one.ok && other.ok && one.value.contentHash === other.value.contentHash).toBe(true)
      }),
    )
    const text = read('code', { content: 'é' })
    expect(text.ok && [text.value.contentHash, text.value.contentBytes]).toEqual([hashOf('é'), 2])
  })

  test('AF10: the files of a bundle, the path and the manifests among them are claimed without being declared', () => {
    const files = { 'a.ts': 'x', 'package.json': '{"dependencies":{"a":"^1"}}' }
    const bundle = read('bundle', { content: { files } })
    expect(
      bundle.ok && bundle.value.claims.map(({ path, contentHash, derived }) => [path, contentHash, derived]),
    ).toEqual([
      ['a.ts', hashOf('x'), true],
      ['package.json', hashOf(files['package.json']), true],
    ])
    expect(bundle.ok && bundle.value.requirements).toEqual([
      { ecosystem: 'npm', name: 'a', range: '^1', from: 'package.json' },
    ])
    const declared = { operation: 'edit', path: 'a.ts', to: null, contentHash: null } as const
    const edited = read('bundle', { content: { files: { 'a.ts': 'x' } }, claims: [declared] })
    expect(edited.ok && edited.value.claims).toEqual([{ ...declared, contentHash: hashOf('x'), derived: false }])
  })

  test('AF4: what cannot be kept exactly, or is not what its type says, is refused', () => {
    expect(refusal('code', { content: 'a\0b' })).toBe('not-processable')
    expect(refusal('code', { content: ['\ud800'] })).toBe('not-processable')
    expect(refusal('code', { content: '\\u0000 and \\ud800 as words' })).toBeNull()
    expect(refusal('code', { content: 'x'.repeat(1_000_001) })).toBe('payload-too-large')
    expect(refusal('code', { path: '/etc/passwd' })).toBe('path-refused')
    expect(refusal('bundle', { content: 'no files' })).toBe('not-processable')
    expect(refusal('decision', { content: { decisions: [] } })).toBe('not-processable')
    expect(refusal('schema', { content: '[1]' })).toBe('not-processable')
  })
})
