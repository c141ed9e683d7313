// A whole MetaAgent as `metaagent start` makes it, that also prints a key to send telemetry with. A process of its own,
// so that its memory and processor time are its own.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { scopesOfRole } from '@metaagent/contract'
import { readConfig } from '../../packages/server/src/app/config.ts'
import { startMetaAgent } from '../../packages/server/src/app/main.ts'
import { issueApiKey } from '../../packages/server/src/slices/govern/identity/index.ts'

const config = readConfig()
const running = await startMetaAgent(config)
const { deps } = running.composed
const { secret } = await deps.store.transaction({ organizationId: running.organizationId }, (tx) =>
  issueApiKey(deps, tx, {
    name: 'bench',
    scopes: scopesOfRole.admin,
    expiresAt: null,
    actor: { kind: 'system', id: 'bench' },
  }),
)
console.log(JSON.stringify({ port: config.port, key: secret, organizationId: running.organizationId }))
// How long the event loop was held up since the last time that somebody asked.
const held = monitorEventLoopDelay({ resolution: 5 })
held.enable()
process.on('message', (message) => {
  if (message !== 'usage') return
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
  const [heldP50Ms, heldP99Ms, heldMaxMs] = [held.percentile(50), held.percentile(99), held.max].map((ns) => ns / 1e6)
  held.reset()
  const cpuMs = (userCPUTime + systemCPUTime) / 1000
  process.send?.({ cpuMs, maxRssMb: maxRSS / 1024, heldP50Ms, heldP99Ms, heldMaxMs })
})
process.once('SIGTERM', () => {
  void running.close().then(() => process.exit(0))
})
