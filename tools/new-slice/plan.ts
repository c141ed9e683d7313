import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { invariantsOf } from '../tidy/invariant-rules.ts'

export interface ListedSlice {
  readonly floor: string
  readonly name: string
}

/** The files of a new slice by their path inside its folder. */
export function skeletonOf(slice: ListedSlice, invariantLetters: string): ReadonlyMap<string, string> {
  const folder = join(import.meta.dirname, 'skeleton')
  const words: Readonly<Record<string, string>> = {
    name: slice.name,
    Name: slice.name.charAt(0).toUpperCase() + slice.name.slice(1),
    floor: slice.floor,
    ID: invariantLetters,
  }
  return new Map(
    readdirSync(folder).map((file) => [
      file.replace(/\.txt$/, ''),
      readFileSync(join(folder, file), 'utf8').replaceAll(/\{\{(\w+)\}\}/g, (_, word: string) => words[word] ?? ''),
    ]),
  )
}

/** One or two capital letters for the slice's invariants that no README has taken. */
export function freeLetters(name: string, readmes: readonly string[]): string {
  const taken = new Set(readmes.flatMap(invariantsOf).map((id) => id.replace(/\d+$/, '')))
  const capitals = name.toUpperCase()
  const candidates = [capitals[0], ...Array.from(capitals.slice(1), (letter) => `${capitals[0]}${letter}`)]
  const free = candidates.find((letters) => letters !== undefined && !taken.has(letters))
  if (free === undefined) throw new Error(`no letters are left for ${name}; rename the invariants of another slice`)
  return free
}

/** `app/slices.ts` with the new slice imported and recorded at its place in the order. */
export function wire(text: string, slice: ListedSlice, order: readonly ListedSlice[]): string {
  const { floor, name } = slice
  const imported = `import { ${name}Slice } from '../slices/${floor}/${name}/index.ts'\n`
  const afterImports = text.indexOf("import { sliceOrder } from './slice-order.ts'")
  const entries = [...text.matchAll(/^ {2}(\w+): \w+Slice,\n/gm)]
  const position = (of: string) => order.findIndex((listed) => listed.name === of)
  const next = entries.find((entry) => position(entry[1] ?? '') > position(name))
  const last = entries.at(-1)
  if (afterImports < 0 || last === undefined)
    throw new Error('app/slices.ts does not look as it did: wire the slice by hand')
  const at = next?.index ?? last.index + last[0].length
  return `${text.slice(0, afterImports)}${imported}${text.slice(afterImports, at)}  ${name}: ${name}Slice,\n${text.slice(at)}`
}
