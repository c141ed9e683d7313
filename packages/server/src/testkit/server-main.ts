// node --conditions=@metaagent/source packages/server/src/testkit/server-main.ts
// Starts a whole MetaAgent on an embedded database in a throw-away folder, for tests in other languages. Prints one line
// of JSON with its address and an admin's key, and ends with its standard input, so that it never outlives who started
// it.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { scopesOfRole } from '@metaagent/contract'
import { readConfig } from '../app/config.ts'
import { startMetaAgent } from '../app/main.ts'
import { issueApiKey } from '../slices/govern/identity/index.ts'

async function freePort(): Promise<number> {
  const server = createServer()
  return await new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}

const folder = mkdtempSync(join(tmpdir(), 'metaagent-test-'))
const port = await freePort()
const running = await startMetaAgent(
  readConfig({
    METAAGENT_DATA_DIR: folder,
    METAAGENT_PORT: String(port),
    METAAGENT_LOG_LEVEL: 'error',
    METAAGENT_RATE_LIMIT: 'false',
    METAAGENT_DURABILITY: 'relaxed',
  }),
)
const { deps } = running.composed
const { secret } = await deps.store.transaction({ organizationId: running.organizationId }, (tx) =>
  issueApiKey(deps, tx, {
    name: 'tests',
    scopes: [...scopesOfRole.admin],
    expiresAt: null,
    actor: { kind: 'system', id: 'tests' },
  }),
)
process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}`, apiKey: secret })}\n`)
process.stdin.resume()
process.stdin.once('end', () => {
  void running.close().then(() => {
    rmSync(folder, { recursive: true, force: true })
    process.exit()
  })
})
