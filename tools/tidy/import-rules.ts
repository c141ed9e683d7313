import { type Import, type Module, resolveRelative } from './module.ts'
import { isModel, isTest, type ListedSlice, type Place, placeOf } from './rooms.ts'
import type { Tree } from './tree.ts'
import type { Violation } from './violation.ts'

const workspaceNames: Readonly<Record<string, string>> = {
  '@metaagent/contract': 'contract',
  '@metaagent/verify': 'verify',
  '@metaagent/sdk': 'sdk',
  '@metaagent/dashboard': 'dashboard',
  metaagent: 'server',
}

/** Which workspaces a workspace may import. */
const packageArrows: Readonly<Record<string, readonly string[]>> = {
  contract: [],
  verify: [],
  sdk: ['contract'],
  dashboard: ['contract', 'sdk', 'verify'],
  server: ['contract', 'sdk', 'verify'],
}

/** Which rooms of the server a room may import, itself included. Doors of slices have rules of their own. */
const roomArrows: Readonly<Record<string, readonly string[]>> = {
  kernel: ['kernel'],
  ports: ['ports', 'kernel'],
  slices: ['slices', 'ports', 'kernel'],
  adapters: ['adapters', 'ports', 'kernel'],
  http: ['http', 'slices', 'ports', 'kernel'],
  worker: ['worker', 'slices', 'ports', 'kernel'],
  app: ['app', 'http', 'worker', 'adapters', 'slices', 'ports', 'kernel'],
}

interface Arrow {
  readonly module: Module
  readonly from: Place
  readonly to: Import
  /** Repository path of a relative import, else null. */
  readonly target: string | null
  readonly targetPlace: Place | null
  /** Workspace that a package specifier names, else null. */
  readonly workspace: string | null
}

type Judge = (arrow: Arrow, order: readonly ListedSlice[]) => { readonly rule: string; readonly advice: string } | null

const judges: readonly Judge[] = [
  packagesPointDown,
  packagesTakeFewGuests,
  verifyRunsAnywhere,
  testkitStaysInTests,
  roomsPointDown,
  slicesMeetAtDoors,
  slicesOpenEarlierDoors,
  modelsAreAlone,
  sqlStandsInStores,
]

/** Every import that points where it may not. */
export function importViolations(tree: Tree, order: readonly ListedSlice[]): readonly Violation[] {
  return arrowsOf(tree).flatMap((arrow) =>
    judges.flatMap((judge) => {
      const verdict = judge(arrow, order)
      if (verdict === null) return []
      const where = `${arrow.module.path}:${arrow.to.line}`
      return [{ rule: verdict.rule, where, what: `imports '${arrow.to.specifier}'`, advice: verdict.advice }]
    }),
  )
}

function arrowsOf(tree: Tree): readonly Arrow[] {
  return tree.modules.flatMap((module) =>
    module.imports.map((to) => {
      const target = resolveRelative(module.path, to.specifier)
      return {
        module,
        from: placeOf(module.path),
        to,
        target,
        targetPlace: target === null ? null : placeOf(target),
        workspace: workspaceNames[packageName(to.specifier)] ?? null,
      }
    }),
  )
}

function packagesPointDown({ from, to, targetPlace, workspace }: Arrow): ReturnType<Judge> {
  const allowed = packageArrows[from.package]
  if (allowed === undefined) return null
  const rule = 'packages point down'
  if (targetPlace !== null && targetPlace.package !== from.package)
    return {
      rule,
      advice: 'Import another workspace by its name; a test that needs two of them stands in e2e/ or in the server.',
    }
  if (workspace !== null && workspace !== from.package && !allowed.includes(workspace))
    return { rule, advice: `${from.package} may import ${allowed.join(', ') || 'no workspace'}, not ${to.specifier}.` }
  return null
}

/** The frameworks that the SDK hooks into, and where each may be imported. */
const sdkGuests: Readonly<Record<string, RegExp>> = {
  '@langchain/core': /^packages\/sdk\/src\/langchain\//,
  ai: /^packages\/sdk\/src\/ai\//,
}

function packagesTakeFewGuests({ module, from, to, target, workspace }: Arrow): ReturnType<Judge> {
  if (!from.shipped || target !== null || workspace !== null) return null
  const rule = 'small packages stay small'
  const isNode = to.specifier.startsWith('node:')
  if (from.package === 'contract' && packageName(to.specifier) !== 'zod')
    return { rule, advice: 'The contract depends on zod only: everybody installs it, browsers too.' }
  if (from.package === 'sdk' && isNode)
    return { rule, advice: 'The SDK runs on edge runtimes: use Web APIs, or reach Node through globalThis.process.' }
  if (from.package === 'sdk' && sdkGuests[packageName(to.specifier)]?.test(module.path) !== true)
    return { rule, advice: 'The SDK’s core depends on nobody; a hook may import its own framework, an optional peer.' }
  return null
}

/** The Node entry points of verify; everything else of it runs in a browser too. */
const verifyOnNode = /^packages\/verify\/src\/(node|cli|metaagent-verify)\.ts$/

function verifyRunsAnywhere({ module, from, to, target }: Arrow): ReturnType<Judge> {
  if (from.package !== 'verify' || !from.shipped || verifyOnNode.test(module.path)) return null
  if (target !== null && !verifyOnNode.test(target)) return null
  return {
    rule: 'small packages stay small',
    advice: `verify runs in browsers too, on nothing but the platform: keep ${to.specifier} behind its node.ts and cli.ts.`,
  }
}

function testkitStaysInTests({ module, from, targetPlace }: Arrow): ReturnType<Judge> {
  if (targetPlace?.room !== 'testkit' || from.room === 'testkit' || isTest(module.path)) return null
  if (/^(e2e|suites|benches)\/|^[^/]+\.(test|config)\.ts$/.test(module.path)) return null
  return {
    rule: 'testkit is for tests',
    advice: 'Only tests, suites and benches import the testkit; ship a real adapter.',
  }
}

function roomsPointDown({ from, targetPlace }: Arrow): ReturnType<Judge> {
  if (!from.shipped || from.room === null || targetPlace?.room == null) return null
  if (targetPlace.room === 'testkit' || roomArrows[from.room]?.includes(targetPlace.room) === true) return null
  const advice =
    from.room === 'slices'
      ? 'A slice sees ports and kernel only: declare what it needs in ports/ and let app/ fill it.'
      : from.room === 'adapters'
        ? 'An adapter makes a port real and knows no capability: take what it needs as an argument from app/.'
        : `${from.room} may import ${roomArrows[from.room]?.join(', ') ?? 'nothing'}; app/ is where the rooms meet.`
  return { rule: 'rooms point down', advice }
}

function slicesMeetAtDoors({ from, targetPlace }: Arrow): ReturnType<Judge> {
  const into = targetPlace?.slice ?? null
  if (into === null || into.file === 'index.ts' || sameSlice(from, into)) return null
  if (from.room === 'testkit' || from.package === 'root') return null
  return {
    rule: 'slices meet at doors',
    advice: `Ask slices/${into.floor}/${into.name}/index.ts for a verb; the rest of that folder is its own affair.`,
  }
}

function slicesOpenEarlierDoors({ from, targetPlace }: Arrow, order: readonly ListedSlice[]): ReturnType<Judge> {
  const into = targetPlace?.slice ?? null
  if (!from.shipped || from.slice === null || into === null || sameSlice(from, into)) return null
  const position = (slice: ListedSlice) => order.findIndex((s) => s.name === slice.name && s.floor === slice.floor)
  if (position(into) >= 0 && position(into) < position(from.slice)) return null
  return {
    rule: 'doors of earlier slices only',
    advice: `${into.name} stands after ${from.slice.name} in app/slice-order.ts: let it subscribe to an event, or go through a port.`,
  }
}

function modelsAreAlone({ from, to, target, targetPlace, workspace }: Arrow): ReturnType<Judge> {
  if (!isModel(from)) return null
  // `z.infer` of a contract schema is the contract's own vocabulary.
  if (to.specifier === 'zod' && to.typeOnly) return null
  if (workspace === 'contract' || targetPlace?.room === 'kernel') return null
  if (target !== null && targetPlace !== null && isModel(targetPlace) && sameSlice(from, targetPlace.slice)) return null
  return {
    rule: 'models are alone',
    advice: 'A model imports kernel, contract and its own model files; let the action hand in the rest as plain data.',
  }
}

function sqlStandsInStores({ from, to }: Arrow): ReturnType<Judge> {
  if (!from.shipped || from.slice === null || packageName(to.specifier) !== 'kysely') return null
  if (/^store(\.ts$|\/)/.test(from.slice.file)) return null
  return { rule: 'SQL stands in stores', advice: 'Write the question as a function of store.ts and call it here.' }
}

function sameSlice(from: Place, into: ListedSlice | null): boolean {
  return from.slice !== null && from.slice.name === into?.name && from.slice.floor === into.floor
}

function packageName(specifier: string): string {
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier)
}
