/** What a seed names: each kind is looked for in its own way. */
export type Kind =
  | 'class'
  | 'function'
  | 'type'
  | 'method'
  | 'field'
  | 'event'
  | 'table'
  | 'endpoint'
  | 'header'
  | 'environment'
  | 'file'
  // The rest are texts that must stand in the named file.
  | 'default'
  | 'value'
  | 'integration'

/** The later work that brings a name which is not built yet. */
export type Work =
  | 'Observe, in full'
  | 'Judge and recover'
  | 'Govern what agents make'
  | 'Control at run time'
  | 'Improve'
  | 'Steer'
  | 'Beyond one machine'

export interface Built {
  /** Where it is exported or declared, from the repository's root. */
  readonly file: string
  /** What stands there: an exported symbol, `Class.method`, `Type.field`, or the text itself. */
  readonly symbol: string
  /** The test that holds it. */
  readonly test: string
}

export interface SeedName {
  readonly seed: 1 | 2 | 3 | 4 | 5
  /** The heading under which the seed names it. */
  readonly section: string
  readonly kind: Kind
  /** As the seed writes it. */
  readonly theirs: string
  /** As it is spelled here. */
  readonly ours: string
  readonly place: Built | Work
}

/** How a name is called in the list of pending names; unique in the whole map. A file is known by the seed's own path. */
export function idOf({ seed, kind, theirs, ours }: SeedName): string {
  return `${seed} ${kind} ${kind === 'file' ? theirs : ours}`
}

export function isBuilt(place: Built | Work): place is Built {
  return typeof place !== 'string'
}

/** A row of a seed's table, before its seed and section are known. */
export type Row = Pick<SeedName, 'kind' | 'theirs' | 'ours' | 'place'>

/** One name. `ours` is left out where it is spelled as the seed spells it. */
export function row(kind: Kind, theirs: string, place: Built | Work, ours: string = theirs): Row {
  return { kind, theirs, ours, place }
}

/** Several names of one kind that are spelled alike and come together. */
export function rows(kind: Kind, names: readonly string[], place: Built | Work): readonly Row[] {
  return names.map((name) => row(kind, name, place))
}

export function built(file: string, symbol: string, test: string): Built {
  return { file, symbol, test }
}

/** Puts a seed's rows under its headings. */
export function seedOf(
  seed: SeedName['seed'],
  sections: Readonly<Record<string, readonly Row[]>>,
): readonly SeedName[] {
  return Object.entries(sections).flatMap(([section, of]) => of.map((name) => ({ seed, section, ...name })))
}
