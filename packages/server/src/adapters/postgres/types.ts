import type pg from 'pg'
import { decoders } from '../sql/decode.ts'

const asText = (text: string): string => text

/** Makes `pg` decode by the shared table instead of its own, for one client or pool and not for the whole process. */
export const sharedTypes: pg.CustomTypesConfig = {
  getTypeParser: (oid: number) => (decoders.get(oid) ?? asText) as never,
}
