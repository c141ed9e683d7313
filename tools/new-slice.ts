// Makes a slice that passes tidy and the purity compile: npm run new-slice NAME
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sliceOrder } from '../packages/server/src/app/slice-order.ts'
import { freeLetters, skeletonOf, wire } from './new-slice/plan.ts'
import { root, run } from './programs.ts'

const name = process.argv[2]
const slice = sliceOrder.find((listed) => listed.name === name)
if (slice === undefined) {
  const built = (listed: { floor: string; name: string }) =>
    existsSync(join(root, 'packages/server/src/slices', listed.floor, listed.name))
  const open = sliceOrder.filter((listed) => !built(listed)).map((listed) => listed.name)
  console.error(
    `${name === undefined ? 'Name a slice.' : `No slice is called ${name}.`} Listed and not built: ${open.join(', ') || 'none'}.\n` +
      'A new one gets its place in packages/server/src/app/slice-order.ts first: that place decides whose doors it may open.',
  )
  process.exit(2)
}

const folder = join('packages/server/src/slices', slice.floor, slice.name)
if (existsSync(join(root, folder))) {
  console.error(`${folder} exists already.`)
  process.exit(1)
}
const readmes = globSync('packages/server/src/slices/*/*/README.md', { cwd: root })
const letters = freeLetters(
  slice.name,
  readmes.map((path) => readFileSync(join(root, path), 'utf8')),
)
mkdirSync(join(root, folder), { recursive: true })
for (const [file, text] of skeletonOf(slice, letters)) writeFileSync(join(root, folder, file), text)
const wiring = join(root, 'packages/server/src/app/slices.ts')
writeFileSync(wiring, wire(readFileSync(wiring, 'utf8'), slice, sliceOrder))
await run('biome', ['check', '--write', folder, wiring], { capture: true })

console.log(`${folder} stands and is wired. Next:
  1. README.md: the promise, the state table, the invariants ${letters}1, ${letters}2, …
  2. model.ts and model.test.ts: decide, with the because
  3. schema.sql, store.ts, actions.ts, routes.ts; events and wire schemas go into packages/contract
  4. slice.test.ts: through HTTP, on both stores, with the events that fired
  npx vitest run ${folder} tidy.test.ts`)
