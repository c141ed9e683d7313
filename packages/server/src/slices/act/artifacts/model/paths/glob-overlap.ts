import { type Glob, type GlobStep, literalEnd, literalStart } from './glob.ts'

/**
 * The shortest key that both globs match (by code points; ties by a fixed order), null if there is none. A breadth-first walk
 * over the product of the two automata and of what makes a path: names are not empty and do not end in a dot or a space.
 */
export function commonPath(a: Glob, b: Glob): string | null {
  return shortestOf(a.alternatives, b.alternatives)
}

/** Whether a glob matches the key of a path. */
export function matchesKey(glob: Glob, key: string): boolean {
  return glob.alternatives.some((steps) => {
    if (!key.startsWith(literalStart(steps)) || !key.endsWith(literalEnd(steps))) return false
    let states = new Set(closure(steps, 0))
    for (const symbol of key) {
      states = new Set([...states].flatMap((state) => after(steps, state, symbol)))
      if (states.size === 0) return false
    }
    return states.has(steps.length * 2)
  })
}

/**
 * The shortest match of a glob of which an alternative matches nothing but paths below a file: it needs the file to be a
 * directory. Null: there is something else for it to mean, such as `a.ts` for a glob of all such files beside a file `b`.
 */
export function needsDirectory(glob: Glob, key: string): string | null {
  for (const steps of glob.alternatives) {
    // Steps that are no single character take several, so all matches begin alike exactly as far as the steps are literal.
    if (!literalStart(steps).startsWith(`${key}/`)) continue
    const below = shortestOf([steps], [steps])
    if (below !== null) return below
  }
  return null
}

type Steps = readonly GlobStep[]

function shortestOf(left: readonly Steps[], right: readonly Steps[]): string | null {
  let best: readonly string[] | null = null
  for (const a of left) {
    for (const b of right) {
      const found = mayMeet(a, b) ? shortestCommon(a, b) : null
      if (found !== null && (best === null || found.length < best.length)) best = found
    }
  }
  return best?.join('') ?? null
}

/** Most pairs are told apart by the letters that they begin and end with. */
function mayMeet(a: Steps, b: Steps): boolean {
  const [start, otherStart] = [literalStart(a), literalStart(b)]
  const [end, otherEnd] = [literalEnd(a), literalEnd(b)]
  return (
    (start.startsWith(otherStart) || otherStart.startsWith(start)) && (end.endsWith(otherEnd) || otherEnd.endsWith(end))
  )
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
