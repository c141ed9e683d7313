import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'

const rowsPerCopy = 1_000
const table = 'agent_execution_logs'

/** Stored actions as COPY text, in pieces of 1,000 rows. */
export async function takeRows(url: string, rows: number): Promise<readonly Buffer[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const chunks: Buffer[] = []
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        chunks.push(chunk)
        done()
      },
    })
    await pipeline(client.query(copyTo(`copy (select * from ${table} limit ${rows}) to stdout`)), sink)
    const lines = Buffer.concat(chunks)
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '')
    const pieces: Buffer[] = []
    for (let at = 0; at < lines.length; at += rowsPerCopy)
      pieces.push(Buffer.from(`${lines.slice(at, at + rowsPerCopy).join('\n')}\n`))
    return pieces
  } finally {
    await client.end()
  }
}

/**
 * COPYs the pieces into the emptied table as its superuser, so without policies, each piece committed on its own.
 * Returns rows per second.
 */
export async function copyRate(url: string, pieces: readonly Buffer[], connections: number): Promise<number> {
  const clients = Array.from({ length: connections }, () => new pg.Client({ connectionString: url }))
  await Promise.all(clients.map(async (client) => await client.connect()))
  try {
    await clients[0]?.query(`truncate ${table}`)
    const waiting = [...pieces]
    const startedMs = performance.now()
    await Promise.all(
      clients.map(async (client) => {
        for (let piece = waiting.pop(); piece !== undefined; piece = waiting.pop()) {
          const stream = client.query(copyFrom(`copy ${table} from stdin`))
          const done = new Promise<void>((resolve, reject) => {
            stream.once('finish', resolve)
            stream.once('error', reject)
          })
          stream.end(piece)
          await done
        }
      }),
    )
    return (pieces.length * rowsPerCopy * 1_000) / (performance.now() - startedMs)
  } finally {
    await Promise.all(clients.map(async (client) => await client.end()))
  }
}
