import { z } from 'zod'
import { IsoInstant } from './primitives.ts'

const LaneFigures = z
  .object({
    slots: z.int(),
    inFlight: z.int(),
    waiting: z.int(),
    served: z.int().meta({ description: 'Since the process started.' }),
    refused: z.int().meta({ description: 'With `saturated`, since the process started.' }),
    p50Ms: z.number().nullable(),
    p99Ms: z.number().nullable().meta({ description: 'Waiting included, of the last minute or two; null: none.' }),
  })
  .meta({ id: 'LaneFigures' })

/** `GET /api/v1/health`: whether this process can serve. Open to everybody, so it names no secret. */
export const SystemHealth = z
  .object({
    status: z.enum(['ok', 'degraded']),
    version: z.string(),
    store: z.enum(['pglite', 'postgres']),
    startedAt: IsoInstant,
    checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string().nullable() })),
    requests: z
      .object({ ordinary: LaneFigures, privileged: LaneFigures })
      .optional()
      .meta({ description: 'Requests of this process; streams and telemetry are not among them.' }),
  })
  .meta({ id: 'SystemHealth' })
