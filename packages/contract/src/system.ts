import { z } from 'zod'
import { IsoInstant } from './primitives.ts'

/** `GET /api/v1/health`: whether this process can serve. Open to everybody, so it names no secret. */
export const SystemHealth = z
  .object({
    status: z.enum(['ok', 'degraded']),
    version: z.string(),
    store: z.enum(['pglite', 'postgres']),
    startedAt: IsoInstant,
    checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string().nullable() })),
  })
  .meta({ id: 'SystemHealth' })
