import { type Glob, type GlobStep, literalStart, literalSteps } from './glob.ts'

/**
 * The shortest key that both globs match (by code points; ties by a fixed order), null if there is none. A breadth-first walk
 * over the product of the two automata and of what makes a path: names are not empty and do not end in a dot or a space.
 */
export function commonPath(a: Glob, b: Glob): string | null {
  return shortestOf(a.alternatives, b.alternatives)
}

/** Whether a glob matches the key of a path. */
export function matchesKey(glob: Glob, key: string): boolean {
  return shortestOf(glob.alternatives, [literalSteps(key)]) !== null
}

/** The shortest key strictly below a directory that a glob matches; null if there is none. */
export function matchBelow(glob: Glob, key: string): string | null {
  return shortestOf(glob.alternatives, [[...literalSteps(`${key}/`), { kind: 'rest' }]])
}

type Steps = readonly GlobStep[]

function shortestOf(left: readonly Steps[], right: readonly Steps[]): string | null {
  let best: readonly string[] | null = null
  for (const a of left) {
    for (const b of right) {
      const found = haveOneStart(a, b) ? shortestCommon(a, b) : null
      if (found !== null && (best === null || found.length < best.length)) best = found
    }
  }
  return best?.join('') ?? null
}

function haveOneStart(a: Steps, b: Steps): boolean {
  const [one, other] = [literalStart(a), literalStart(b)]
  return one.startsWith(other) || other.startsWith(one)
}

/** Where the walk stands: a place in each pattern, and how the path ends so far. */
interface Place {
  readonly left: number
  readonly right: number
  /** `name`: may end here; `dropped`: ends in a dot or a space; `slash`: a name has to begin. */
  readonly ending: 'slash' | 'name' | 'dropped'
  readonly by: string
  readonly from: Place | null
}

function shortestCommon(a: Steps, b: Steps): readonly string[] | null {
  const symbols = symbolsOf([...a, ...b])
  const seen = new Set<number>()
  const idOf = (left: number, right: number, ending: Place['ending']) =>
    (left * (2 * b.length + 2) + right) * 3 + (ending === 'slash' ? 0 : ending === 'name' ? 1 : 2)
  let level: Place[] = []
  const add = (to: Place[], place: Place) => {
    const id = idOf(place.left, place.right, place.ending)
    if (seen.has(id)) return
    seen.add(id)
    to.push(place)
  }
  for (const left of closure(a, 0))
    for (const right of closure(b, 0)) add(level, { left, right, ending: 'slash', by: '', from: null })
  while (level.length > 0) {
    const end = level.find(
      ({ left, right, ending }) => ending === 'name' && left === a.length * 2 && right === b.length * 2,
    )
    if (end !== undefined) return wayTo(end)
    const next: Place[] = []
    for (const place of level) {
      for (const symbol of symbols) {
        const ending = endingAfter(place.ending, symbol)
        if (ending === null) continue
        for (const left of after(a, place.left, symbol))
          for (const right of after(b, place.right, symbol)) add(next, { left, right, ending, by: symbol, from: place })
      }
    }
    level = next
  }
  return null
}

function wayTo(end: Place): readonly string[] {
  const way: string[] = []
  for (let place: Place | null = end; place !== null && place.from !== null; place = place.from) way.push(place.by)
  return way.reverse()
}

function endingAfter(ending: Place['ending'], symbol: string): Place['ending'] | null {
  if (symbol === '/') return ending === 'name' ? 'slash' : null
  return symbol === '.' || symbol === ' ' ? 'dropped' : 'name'
}

/** States are `2 × step`, and `2 × step + 1` within a step that takes more than one character. */
function closure(steps: Steps, state: number): readonly number[] {
  const states = [state]
  for (let last = state; last % 2 === 0; last = states.at(-1) as number) {
    const kind = steps[last / 2]?.kind
    if (kind !== 'any-name' && kind !== 'names-then') break
    states.push(last + 2)
  }
  // Within the rest, the end is as near as more of it.
  if (state % 2 === 1 && steps[(state - 1) / 2]?.kind === 'rest') states.push(state + 1)
  return states
}

function after(steps: Steps, state: number, symbol: string): readonly number[] {
  const step = steps[state >> 1]
  if (step === undefined) return []
  const next = nextState(step, state, symbol)
  return next === null ? [] : closure(steps, next)
}

function nextState(step: GlobStep, state: number, symbol: string): number | null {
  const isSlash = symbol === '/'
  switch (step.kind) {
    case 'one':
      return step.character === symbol ? state + 2 : null
    case 'any':
      return isSlash ? null : state + 2
    case 'of':
      return isSlash || step.characters.has(symbol) === step.isNegated ? null : state + 2
    case 'any-name':
      return isSlash ? null : state
    case 'names-then':
      return isSlash ? (state % 2 === 1 ? state - 1 : null) : state | 1
    case 'rest':
      return state | 1
  }
}

/** A character for each way of being told apart by the steps: first one that no step names, then letters, `/` last. */
function symbolsOf(steps: Steps): readonly string[] {
  const named = new Set<string>()
  const tests = new Map<string, (symbol: string) => boolean>()
  for (const step of steps) {
    if (step.kind === 'one') {
      named.add(step.character)
      tests.set(`=${step.character}`, (symbol) => symbol === step.character)
    } else if (step.kind === 'of') {
      for (const character of step.characters) named.add(character)
      tests.set(`~${[...step.characters].join('')}`, (symbol) => step.characters.has(symbol))
    }
  }
  const fresh = freshLetter(named)
  const kinds = new Map<string, string>()
  for (const symbol of [fresh, ...[...named].toSorted(lettersFirst)]) {
    if (symbol === '/') continue
    const endsWell = symbol !== '.' && symbol !== ' '
    const signature = [endsWell, ...[...tests.values()].map((test) => test(symbol))].map(Number).join('')
    if (!kinds.has(signature)) kinds.set(signature, symbol)
  }
  return [...kinds.values(), '/']
}

function freshLetter(named: ReadonlySet<string>): string {
  const letter = Array.from('xyzabcdefghijklmnopqrstuvw0123456789').find((one) => !named.has(one))
  if (letter !== undefined) return letter
  for (let point = 0x4e00; ; point++) {
    const one = String.fromCodePoint(point)
    if (!named.has(one)) return one
  }
}

function lettersFirst(a: string, b: string): number {
  const order = Number(!/^\p{L}$/u.test(a)) - Number(!/^\p{L}$/u.test(b))
  return order !== 0 ? order : a < b ? -1 : a > b ? 1 : 0
}
