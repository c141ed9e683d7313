import { constants } from 'node:fs'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Settings } from '../../../../ports/slice.ts'

type LogSettings = Settings['arbitrationLog']

// The file itself may be no link: who can write in its folder must not lead what is written elsewhere.
const appending = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0)

/**
 * Appends lines to the file, on the disk before it returns, in folders that it makes; rotates it first when it would grow
 * beyond its limit. Rejects for what the disk says. No library: those that rotate write behind a stream, which loses what
 * a full disk did not take, and here exactly that must be known.
 */
export async function appendLines(settings: LogSettings, lines: readonly string[]): Promise<void> {
  const text = lines.map((line) => `${line}\n`).join('')
  await mkdir(dirname(settings.path), { recursive: true })
  const size = await sizeOf(settings.path)
  if (size > 0 && size + Buffer.byteLength(text) > settings.rotateBytes) await rotate(settings)
  const file = await open(settings.path, appending, 0o640)
  try {
    await file.appendFile(text)
    await file.datasync()
  } finally {
    await file.close()
  }
}

async function rotate({ path, keep }: LogSettings): Promise<void> {
  await rm(`${path}.${keep}`, { force: true })
  for (let age = keep - 1; age >= 1; age--) await renameIfThere(`${path}.${age}`, `${path}.${age + 1}`)
  await renameIfThere(path, `${path}.1`)
}

async function renameIfThere(from: string, to: string): Promise<void> {
  if ((await sizeOf(from)) >= 0) await rename(from, to)
}

/** In bytes; -1: it is not there. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return -1
    throw error
  }
}

/** How large the file is, and all with those it was rotated into; null where it cannot be looked at. */
export async function logSize({ path, keep }: LogSettings): Promise<{ bytes: number; totalBytes: number } | null> {
  try {
    const sizes = await Promise.all([path, ...Array.from({ length: keep }, (_, at) => `${path}.${at + 1}`)].map(sizeOf))
    const bytes = sizes.map((size) => Math.max(0, size))
    return { bytes: bytes[0] ?? 0, totalBytes: bytes.reduce((sum, size) => sum + size, 0) }
  } catch {
    return null
  }
}
