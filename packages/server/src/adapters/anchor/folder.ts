import { link, mkdir, open, readdir, readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { AnchorFailed, type AnchorItem, type AnchorProof } from '../../ports/anchoring.ts'
import { isSameCheckpoint } from './same-checkpoint.ts'

/** Wide enough for any size, so that names sort as sizes do. */
const digits = 16
const ending = '.checkpoint'

/**
 * Writes a checkpoint into a file of its own that is never written over. Refuses when a file of this size says something
 * else, or when a larger checkpoint lies there already: then the log was set back, and this is who remembers.
 */
export async function keepInFolder(root: string | null, { folder, treeSize, note }: AnchorItem): Promise<AnchorProof> {
  if (root === null)
    throw new AnchorFailed('No folder is set for anchors. An operator names one with METAAGENT_ANCHOR_DIR.')
  try {
    return await write(join(root, folder), treeSize, note)
  } catch (error) {
    if (error instanceof AnchorFailed) throw error
    throw new AnchorFailed(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

async function write(folder: string, treeSize: number, note: string): Promise<AnchorProof> {
  await mkdir(folder, { recursive: true, mode: 0o750 })
  const name = `${String(treeSize).padStart(digits, '0')}${ending}`
  const path = join(folder, name)
  const largest = (await readdir(folder)).filter((file) => file.endsWith(ending)).reduce((a, b) => (a > b ? a : b), '')
  if (largest > name)
    throw new AnchorFailed(
      `${folder} holds a checkpoint of ${Number(largest.slice(0, digits))} entries, the log has ${treeSize}: it was set back.`,
    )
  const whole = join(folder, `.${name}.${process.pid}`)
  const file = await open(whole, 'w', 0o440)
  try {
    await file.writeFile(note)
    await file.sync()
  } finally {
    await file.close()
  }
  try {
    // A link is there whole or not at all, and never replaces a file.
    await link(whole, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    if (!isSameCheckpoint(await readFile(path, 'utf8'), note))
      throw new AnchorFailed(`${path} holds another checkpoint of ${treeSize} entries: the log shows two histories.`)
  } finally {
    await unlink(whole)
  }
  await syncFolder(folder)
  return { location: path, statedAt: null, receipt: null }
}

/** Until the folder is on disk, a new name in it may be lost with the power. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
