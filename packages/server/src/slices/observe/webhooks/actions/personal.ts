import type { PersonalPayloads } from '../../../../ports/personal.ts'
import { dropPayloads, sealedPayloads } from '../store/deliveries.ts'
import { openPayload } from './secrets.ts'

const payloadsPerStep = 100

/**
 * Opens the payloads that are still kept and finds those that name one of the values; erased ones count as expired, also
 * those that waited to be stored: what was asked to be deleted is not stored first.
 */
export const scanPayloads: PersonalPayloads['scan'] = async (deps, tx, { values, after, erase }) => {
  const payloads = await sealedPayloads(tx, after, payloadsPerStep)
  const sought = values.map((value) => JSON.stringify(value).slice(1, -1).toLowerCase())
  const named = payloads.filter(({ deliveryId, sealed }) => {
    const text = Buffer.from(openPayload(deps, tx.organizationId, deliveryId, sealed))
      .toString('utf8')
      .toLowerCase()
    return sought.some((value) => text.includes(value))
  })
  if (erase)
    await dropPayloads(
      tx,
      named.map(({ deliveryId }) => deliveryId),
    )
  return {
    named: named.length,
    after: payloads.length < payloadsPerStep ? null : (payloads.at(-1)?.deliveryId ?? null),
  }
}
