import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, readFile } from 'node:fs/promises'
import { join, normalize } from 'node:path'
import { createGunzip } from 'node:zlib'

// A folder as a tarball (POSIX ustar): only what a data folder holds, files and directories with short names. Written
// without times and owners, so that the same files give the same bytes.

const blockBytes = 512
const longestName = 100
const directoryType = '5'

/** The folder's content as an uncompressed tarball. Throws a RangeError on a path over 100 bytes. */
export async function packFolder(folder: string): Promise<Buffer> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const named = entries.map((entry) => {
    const path = join(entry.parentPath, entry.name)
    return { path, name: path.slice(folder.length + 1).replaceAll('\\', '/'), isDirectory: entry.isDirectory() }
  })
  const parts: Buffer[] = []
  for (const { path, name, isDirectory } of named.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const content = isDirectory ? Buffer.alloc(0) : await readFile(path)
    parts.push(header(name, content.length, isDirectory), content, Buffer.alloc(-content.length & (blockBytes - 1)))
  }
  return Buffer.concat([...parts, Buffer.alloc(2 * blockBytes)])
}

function header(name: string, size: number, isDirectory: boolean): Buffer {
  if (Buffer.byteLength(name) > longestName) throw new RangeError(`the path is too long for the archive: ${name}`)
  const block = Buffer.alloc(blockBytes)
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`
  block.write(name, 0)
  block.write(octal(isDirectory ? 0o700 : 0o600, 7), 100)
  block.write(octal(0, 7), 108)
  block.write(octal(0, 7), 116)
  block.write(octal(size, 11), 124)
  block.write(octal(0, 11), 136)
  block.write(isDirectory ? directoryType : '0', 156)
  block.write('ustar\0' + '00', 257)
  // The checksum counts its own field as blanks.
  block.write('        ', 148)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${octal(sum, 6)} `, 148)
  return block
}

/** Unpacks a gzipped tarball into a folder, which is made. Throws on a path that leads out of it and on a torn file. */
export async function unpackArchive(tarball: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const input = new BlockReader(createReadStream(tarball).pipe(createGunzip()))
  for (;;) {
    const block = await input.take(blockBytes)
    const name = block.toString('utf8', 0, block.indexOf(0))
    if (name === '') return // the end is two empty blocks
    const path = join(folder, normalize(name))
    if (!path.startsWith(folder)) throw new Error(`the archive holds a path outside of its folder: ${name}`)
    const size = Number.parseInt(block.toString('latin1', 124, 136), 8)
    if (block.toString('latin1', 156, 157) === directoryType) await mkdir(path, { recursive: true })
    else await writeFrom(input, path, size)
  }
}

async function writeFrom(input: BlockReader, path: string, size: number): Promise<void> {
  const file = await open(path, 'w', 0o600)
  try {
    for (let left = size; left > 0; ) {
      const chunk = await input.some(left)
      await file.write(chunk)
      left -= chunk.length
    }
  } finally {
    await file.close()
  }
  await input.take(-size & (blockBytes - 1))
}

/** Hands out a stream's bytes in the portions that are asked for, without holding all of them. */
class BlockReader {
  readonly #chunks: AsyncIterator<Buffer>
  #rest: Buffer = Buffer.alloc(0)

  constructor(stream: AsyncIterable<Buffer>) {
    this.#chunks = stream[Symbol.asyncIterator]()
  }

  /** Exactly so many bytes. */
  async take(count: number): Promise<Buffer> {
    while (this.#rest.length < count) this.#rest = Buffer.concat([this.#rest, await this.#next()])
    return this.#cut(count)
  }

  /** At least one byte, at most so many. */
  async some(most: number): Promise<Buffer> {
    if (this.#rest.length === 0) this.#rest = await this.#next()
    return this.#cut(Math.min(most, this.#rest.length))
  }

  #cut(count: number): Buffer {
    const taken = this.#rest.subarray(0, count)
    this.#rest = this.#rest.subarray(count)
    return taken
  }

  async #next(): Promise<Buffer> {
    const { value, done } = await this.#chunks.next()
    if (done === true) throw new Error('the archive ends too early')
    return value
  }
}
