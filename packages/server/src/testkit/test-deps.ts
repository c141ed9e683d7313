import { join } from 'node:path'
import { createAnchoring } from '../adapters/anchor/anchoring.ts'
import { createLexicalEmbedder } from '../adapters/embedder/lexical.ts'
import { createNotifier } from '../adapters/notify/notifier.ts'
import { createSecrets } from '../adapters/secrets/master-key.ts'
import { refuse } from '../kernel/result.ts'
import type { Clock } from '../ports/clock.ts'
import type { Deps, Settings } from '../ports/slice.ts'
import type { Store } from '../ports/store.ts'
import { createPacer } from '../worker/pacer.ts'
import { FakeClock } from './fake-clock.ts'
import { MemoryLog } from './memory-log.ts'
import { seededIds } from './seeded-ids.ts'
import { seededRandom } from './seeded-random.ts'

export interface TestDepsOptions<OfClock extends Clock> {
  readonly clock: OfClock
  readonly seed?: number
}

/** As a deployment without any environment has them. */
export function testSettings(dataDir: string): Settings {
  return {
    publicUrl: 'http://localhost:8001',
    ledgerOrigin: 'test.metaagent.local',
    dataDir,
    governanceRulesFile: null,
    arbitrationLog: { path: join(dataDir, 'logs/arbitrations.jsonl'), rotateBytes: 64 * 1024 * 1024, keep: 5 },
  }
}

export interface TestDeps<OfClock extends Clock = FakeClock> extends Deps {
  readonly clock: OfClock
  readonly log: MemoryLog
}

/**
 * What a slice is handed, on a real store and without the rest of the house: for tests through a door. Another seed is
 * another process: its ids differ. Rollups and judgments go nowhere.
 */
export function createTestDeps<OfClock extends Clock = FakeClock>(
  store: Store,
  options?: TestDepsOptions<OfClock>,
): TestDeps<OfClock> {
  const clock = options?.clock ?? new FakeClock()
  const random = seededRandom(options?.seed ?? 1)
  return {
    store,
    // Without a clock in the options there is no narrower type than the fake one's.
    clock: clock as OfClock,
    ids: seededIds(clock, options?.seed ?? 1),
    random,
    log: new MemoryLog(),
    secrets: createSecrets(new Uint8Array(32).fill(7)),
    settings: testSettings('/nonexistent'),
    writeRollups: async () => {},
    writeCosts: () => {},
    recordJudgments: async () => ({ accepted: 0, duplicates: 0 }),
    readVerdicts: async () => [],
    readLatestVerdicts: async () => [],
    embedder: createLexicalEmbedder(),
    findWords: async () => refuse('invalid-query', 'the test has no search'),
    readHeldDays: async () => [],
    findHoldOfAddress: async () => null,
    notifier: createNotifier({ clock, allowedNetworks: ['127.0.0.0/8', '::1'] }),
    prober: async () => ({
      kind: 'no-reply',
      reason: 'connection-failed',
      detail: 'the test calls nobody',
      latencyMs: 0,
    }),
    anchoring: createAnchoring({ clock, random, allowedNetworks: ['127.0.0.0/8', '::1'], folder: null }),
    evaluateMapping: async () => ({ ok: false, detail: 'the test has no mappings', position: null }),
    pacer: createPacer(clock),
  }
}
