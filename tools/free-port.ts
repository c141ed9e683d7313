import { createServer } from 'node:net'

/** A port on the loopback address that nobody uses now. Somebody may take it before the caller does: try again then. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (typeof address !== 'object' || address === null) throw new Error('the system gave no port')
  return address.port
}
