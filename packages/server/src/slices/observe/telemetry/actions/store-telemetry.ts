import type { TelemetryReceipt } from '@metaagent/contract'
import type { Result } from '../../../../kernel/result.ts'
import type { Deps } from '../../../../ports/slice.ts'
import { readTelemetryBatch } from '../model/reports.ts'
import { createIngest } from './ingest.ts'

/**
 * Stores one body in the form of `POST /api/v1/telemetry`, outside the group commit: for those who bring one at a time,
 * webhooks and importers. Refuses as ingest does; sending the same again changes nothing.
 */
export async function storeTelemetry(
  deps: Deps,
  organizationId: string,
  { executions, actions }: { readonly executions: readonly unknown[]; readonly actions: readonly unknown[] },
): Promise<Result<TelemetryReceipt>> {
  const batch = readTelemetryBatch({ executions, actions }, deps.clock.now())
  if (!batch.ok) return batch
  const ingest = createIngest(deps, { maxWaitMs: 0, lanes: 1 })
  try {
    return await ingest.submit(organizationId, batch.value)
  } finally {
    await ingest.close()
  }
}
