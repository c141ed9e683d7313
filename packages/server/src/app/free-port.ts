import { createServer } from 'node:net'

/** The wanted port where it can be bound, else a free one. Somebody may still be faster than the caller. */
export async function usablePort(host: string, wanted: number): Promise<number> {
  return (await tryPort(host, wanted)) ?? (await tryPort(host, 0)) ?? wanted
}

/** The port that was bound and given back, null when it could not be. 0 asks for any. */
function tryPort(host: string, port: number): Promise<number | null> {
  return new Promise((settle) => {
    const server = createServer()
    server.once('error', () => settle(null))
    server.listen(port, host, () => {
      const address = server.address()
      server.close(() => settle(typeof address === 'object' && address !== null ? address.port : port))
    })
  })
}
