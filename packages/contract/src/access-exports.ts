import { z } from 'zod'
import { IsoInstant, Uuid } from './primitives.ts'
import { PersonKind, PersonSubject } from './privacy.ts'

export const AccessExportOrder = z.strictObject({
  subject: PersonSubject,
  reason: z
    .string()
    .trim()
    .min(1)
    .max(500)
    .meta({ description: 'The number of the request, say. Do not name the person: it is kept with the request.' }),
})

/** A request of a person to see what is kept of them. The file is written when it is fetched. */
export const AccessExport = z
  .object({
    exportId: Uuid,
    subject: z
      .object({ kind: PersonKind, key: z.string().nullable(), value: z.string().nullable() })
      .meta({ description: 'The value is null once the request is closed: its key is destroyed.' }),
    reason: z.string().nullable(),
    requestDigest: z.string().meta({ description: 'SHA-256 of the subject and a salt that the file tells.' }),
    requestedBy: z.string(),
    requestedAt: IsoInstant,
    expiresAt: IsoInstant.meta({ description: 'Until then the file can be fetched; then the request names nobody.' }),
    deliveredAt: IsoInstant.nullable().meta({ description: 'When the file was last fetched whole; null: never.' }),
    executions: z.int().nullable(),
    rows: z.int().nullable(),
    closedAt: IsoInstant.nullable(),
  })
  .meta({ id: 'AccessExport' })
export type AccessExport = z.infer<typeof AccessExport>
export const AccessExportList = z.object({ items: z.array(AccessExport) })
