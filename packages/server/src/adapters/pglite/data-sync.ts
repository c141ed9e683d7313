import { open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** File systems keep times as coarse as this. */
const clockGrainMs = 2_000
/** Says where recovery begins, so it goes last: on the disk before the data, it would make the data look written. */
const controlFile = join('global', 'pg_control')
/** The log has its own care. */
const notData = new Set(['pg_wal'])

/**
 * Brings to the disk what a checkpoint has written: PGlite itself never syncs its data files. Files that were not
 * touched since `sinceMs` (epoch) are skipped. Returns how many were synced.
 *
 * This narrows the window in which a loss of power may find a checkpoint half on the disk, it does not close it: the
 * kernel may write the control file before this gets to the data.
 */
export async function syncDataFiles(dataDir: string, sinceMs: number): Promise<number> {
  const touched: string[] = []
  for (const entry of await readdir(dataDir, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const top = path.slice(dataDir.length + 1).split(/[\\/]/, 1)[0] ?? ''
    if (!entry.isFile() || notData.has(top)) continue
    const found = await stat(path).catch(() => null) // dropped in the meantime
    if (found !== null && found.mtimeMs >= sinceMs - clockGrainMs) touched.push(path)
  }
  const isControl = (path: string) => path === join(dataDir, controlFile)
  const ordered = [...touched.filter((path) => !isControl(path)), ...touched.filter(isControl)]
  for (const path of ordered) await syncFile(path)
  return ordered.length
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r').catch(() => null)
  try {
    await file?.sync()
  } finally {
    await file?.close()
  }
}
