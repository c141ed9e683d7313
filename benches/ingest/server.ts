// A whole MetaAgent as `metaagent start` makes it, that also prints a key to send telemetry with. A process of its own,
// so that its memory and processor time are its own.
import { readConfig } from '../../packages/server/src/app/config.ts'
import { startMetaAgent } from '../../packages/server/src/app/main.ts'
import { issueApiKey } from '../../packages/server/src/slices/govern/identity/index.ts'

const config = readConfig()
const running = await startMetaAgent(config)
const { deps } = running.composed
const { secret } = await deps.store.transaction({ organizationId: running.organizationId }, (tx) =>
  issueApiKey(deps, tx, {
    name: 'bench',
    scopes: [
      'telemetry:write',
      'executions:read',
      'fleet:read',
      'registry:write',
      'costs:read',
      'alerts:read',
      'approvals:read',
      'journal:read',
      'ledger:read',
    ],
    expiresAt: null,
    actor: { kind: 'system', id: 'bench' },
  }),
)
console.log(JSON.stringify({ port: config.port, key: secret, organizationId: running.organizationId }))
process.on('message', (message) => {
  if (message !== 'usage') return
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
  process.send?.({ cpuMs: (userCPUTime + systemCPUTime) / 1000, maxRssMb: maxRSS / 1024 })
})
process.once('SIGTERM', () => {
  void running.close().then(() => process.exit(0))
})
