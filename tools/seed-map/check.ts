import { createsTable, declaresEndpoint, exportsName, type House, knowsEvent } from './house.ts'
import { type Built, idOf, isBuilt, type SeedName } from './seed-name.ts'

/** What is wrong with a name that the map calls built; null when it is where the map says. */
export function builtProblem(name: SeedName, house: House): string | null {
  if (!isBuilt(name.place)) return null
  const { file, symbol, test } = name.place
  const text = house.text(file)
  if (text === null) return `${idOf(name)}: ${file} does not exist. Correct its place in tools/seed-map/.`
  if (!isTestPath(test) || !house.has(test))
    return `${idOf(name)}: its test ${test} does not exist. Name the one that holds it.`
  if (!standsIn(name, name.place, text, house))
    return `${idOf(name)}: ${symbol} is not in ${file}. Was it renamed or moved?`
  return null
}

/** Where a name that the map calls pending stands all the same; null when it is nowhere. Texts cannot be looked for. */
export function findBuilt(name: SeedName, house: House): string | null {
  const place = (fits: (text: string) => boolean) => house.sources.find(({ text }) => fits(text))?.path ?? null
  const [owner = '', ...members] = name.ours.split('.')
  switch (name.kind) {
    case 'class':
    case 'function':
    case 'type':
      return place((text) => exportsName(text, name.ours))
    case 'method':
    case 'field':
      return place((text) => exportsName(text, owner) && hasMember(text, members.at(-1) ?? ''))
    case 'event':
      return knowsEvent(house.eventTypes, name.ours) ? 'packages/contract/src/events.ts' : null
    case 'table':
      return place((text) => createsTable(text, name.ours))
    case 'endpoint':
      return place((text) => declaresEndpoint(text, name.ours))
    case 'header':
    case 'environment':
      return place((text) => text.toLowerCase().includes(name.ours.toLowerCase()))
    case 'file':
      return house.has(name.ours) ? name.ours : null
    case 'default':
    case 'value':
    case 'integration':
      return null
  }
}

/** Everything wrong with the map: false places, names that are both or twice, and a list of pending names that grew. */
export function mapProblems(names: readonly SeedName[], pending: readonly string[], house: House): readonly string[] {
  const ids = names.map(idOf)
  const pendingNow = new Set(names.filter(({ place }) => !isBuilt(place)).map(idOf))
  const listed = new Set(pending)
  return [
    ...ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `${id}: stands twice in the map.`),
    ...names.flatMap((name) => builtProblem(name, house) ?? []),
    ...[...pendingNow]
      .filter((id) => !listed.has(id))
      .map((id) => `${id}: became pending. The list of what is not built may only shrink: build it.`),
    ...pending
      .filter((id) => !pendingNow.has(id))
      .map((id) => `${id}: is no longer pending. Run node tools/seed-map/write.ts to strike it off the list.`),
    ...names
      .filter(({ place }) => !isBuilt(place))
      .flatMap((name) => {
        const found = findBuilt(name, house)
        return found === null
          ? []
          : `${idOf(name)}: stands in ${found}. Give it that place and its test in tools/seed-map/.`
      }),
  ]
}

function standsIn(name: SeedName, { symbol }: Built, text: string, house: House): boolean {
  const [owner = '', ...members] = symbol.split('.')
  switch (name.kind) {
    case 'class':
    case 'function':
    case 'type':
      return exportsName(text, symbol)
    case 'method':
    case 'field':
      return exportsName(text, owner) && hasMember(text, members.at(-1) ?? '')
    case 'event':
      return knowsEvent(house.eventTypes, symbol)
    case 'table':
      return createsTable(text, symbol)
    case 'endpoint':
      // What the shell itself serves is no slice's route record.
      return declaresEndpoint(text, symbol) || text.includes(`'${symbol.split(' ')[1]}'`)
    case 'file':
      return true
    case 'header':
    case 'environment':
    case 'default':
    case 'value':
    case 'integration':
      return text.includes(symbol)
  }
}

function hasMember(text: string, member: string): boolean {
  return member !== '' && new RegExp(`\\b${member}\\??\\s*[:(<=]`).test(text)
}

function isTestPath(path: string): boolean {
  return /\.test\.tsx?$/.test(path) || path.startsWith('suites/')
}
