/** Where a file lives, as the rules see it. */
export interface Place {
  /** Folder under `packages/`, or `root` for everything outside. */
  readonly package: string
  /** First folder under the server's `src/` (kernel, ports, slices, adapters, http, worker, testkit, app), else null. */
  readonly room: string | null
  readonly slice: SlicePlace | null
  /** Tests, the testkit itself, suites and benches: they may see more than what is shipped. */
  readonly shipped: boolean
}

export interface SlicePlace {
  readonly floor: string
  readonly name: string
  /** Path inside the slice's folder: `index.ts`, `model/canary.ts`. */
  readonly file: string
}

/** One entry of the ordered list that is wiring, migration order and dependency policy at once. */
export interface ListedSlice {
  readonly floor: string
  readonly name: string
}

const slicePath = /^packages\/server\/src\/slices\/([^/]+)\/([^/]+)\/(.+)$/

export function placeOf(path: string): Place {
  const workspace = /^packages\/([^/]+)\//.exec(path)?.[1] ?? 'root'
  const room = workspace === 'server' ? (/^packages\/server\/src\/([^/]+)\//.exec(path)?.[1] ?? null) : null
  const inSlice = slicePath.exec(path)
  return {
    package: workspace,
    room,
    slice: inSlice === null ? null : { floor: inSlice[1] ?? '', name: inSlice[2] ?? '', file: inSlice[3] ?? '' },
    shipped: workspace !== 'root' && room !== 'testkit' && !isTest(path),
  }
}

export function isTest(path: string): boolean {
  return /\.test\.tsx?$/.test(path) || /^packages\/([^/]+\/tests|dashboard\/src\/testing)\//.test(path)
}

/** `model.ts` and everything under `model/`, tests aside. */
export function isModel(place: Place): boolean {
  return place.slice !== null && place.shipped && /^model(\.ts$|\/)/.test(place.slice.file)
}

/** Every slice folder that holds a file, with the paths inside it. */
export function sliceFolders(files: ReadonlySet<string>): Map<string, { slice: ListedSlice; files: string[] }> {
  const found = new Map<string, { slice: ListedSlice; files: string[] }>()
  for (const path of files) {
    const { slice } = placeOf(path)
    if (slice === null) continue
    const folder = `packages/server/src/slices/${slice.floor}/${slice.name}`
    const entry = found.get(folder) ?? { slice: { floor: slice.floor, name: slice.name }, files: [] }
    entry.files.push(slice.file)
    found.set(folder, entry)
  }
  return found
}
