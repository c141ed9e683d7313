import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './programs.ts'

interface Manifest {
  readonly name: string
  readonly workspaces?: readonly string[]
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const read = (folder: string) => JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest
const manifests = ['.', ...(read('.').workspaces ?? [])].map(read)
const ours = new Set(manifests.map(({ name }) => name))
const page = readFileSync(join(root, 'docs/DEPENDENCIES.md'), 'utf8')
const listed = [...page.matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)].map((match) => match[1] ?? '')

const named = manifests
  .flatMap((m) => [m.dependencies, m.devDependencies, m.peerDependencies, m.optionalDependencies])
  .flatMap((dependencies) => Object.entries(dependencies ?? {}))
  .filter(([name]) => !ours.has(name))

test('every dependency says in docs/DEPENDENCIES.md why it is here, and nothing is listed that is gone', () => {
  expect(listed.toSorted()).toEqual([...new Set(named.map(([name]) => name))].toSorted())
})

test('every dependency is pinned to one exact version, the same in every workspace; peers are ranges', () => {
  const installed = manifests.flatMap((m) => [m.dependencies, m.devDependencies, m.optionalDependencies])
  const pinned = installed.flatMap((dependencies) => Object.entries(dependencies ?? {}))
  const versions = Map.groupBy(pinned, ([name]) => name)
  for (const [name, uses] of versions) {
    expect(new Set(uses.map(([, version]) => version)).size, `${name} has one version`).toBe(1)
    expect(uses[0]?.[1], `${name} is pinned`).toMatch(/^\d+\.\d+\.\d+/)
  }
})

test('the lock file carries no download addresses', () => {
  expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved": "https?:/)
})
