// Writes docs/SEED-MAP.md and strikes what is built off docs/seed-map.pending.json: node tools/seed-map/write.ts
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../programs.ts'
import { seedNames } from './names.ts'
import { renderMap } from './render.ts'
import { idOf, isBuilt } from './seed-name.ts'

const pendingPath = join(root, 'docs/seed-map.pending.json')
const pendingNow = seedNames.filter(({ place }) => !isBuilt(place)).map(idOf)
const listed = existsSync(pendingPath) ? (JSON.parse(readFileSync(pendingPath, 'utf8')) as string[]) : pendingNow
const kept = listed.filter((id) => pendingNow.includes(id))

writeFileSync(join(root, 'docs/SEED-MAP.md'), renderMap(seedNames))
writeFileSync(pendingPath, `${JSON.stringify(kept, null, 2)}\n`)
console.log(`${seedNames.length} names, ${seedNames.length - pendingNow.length} built, ${kept.length} pending`)
