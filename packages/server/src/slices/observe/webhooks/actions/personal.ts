import type { PersonalPayloads } from '../../../../ports/personal.ts'
import { dropPayloads, sealedPayloads } from '../store/deliveries.ts'
import { openPayload } from './secrets.ts'

const payloadsPerStep = 100

/**
 * Opens the payloads that are still kept and finds those that name one of the values; erased ones count as expired, also
 * those that waited to be stored: what was asked to be deleted is not stored first.
 */
export const scanPayloads: PersonalPayloads['scan'] = async (deps, tx, { values, after, erase, collect }) => {
  const payloads = await sealedPayloads(tx, after, payloadsPerStep)
  const sought = values.map((value) => JSON.stringify(value).slice(1, -1).toLowerCase())
  const opened = payloads.map(({ deliveryId, sealed }) => ({
    deliveryId,
    text: Buffer.from(openPayload(deps, tx.organizationId, deliveryId, sealed)).toString('utf8'),
  }))
  const named = opened.filter(({ text }) => {
    const lower = text.toLowerCase()
    return sought.some((value) => lower.includes(value))
  })
  if (erase)
    await dropPayloads(
      tx,
      named.map(({ deliveryId }) => deliveryId),
    )
  return {
    named: named.length,
    ...(collect === true ? { texts: named.map(({ text }) => text) } : {}),
    after: payloads.length < payloadsPerStep ? null : (payloads.at(-1)?.deliveryId ?? null),
  }
}
