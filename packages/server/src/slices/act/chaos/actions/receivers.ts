import { eventCatalogue, type JournalEvent } from '@metaagent/contract'
import type { Deps, Subscription } from '../../../../ports/slice.ts'
import { markReceived } from '../store/signals.ts'

const signalOf = (event: JournalEvent) => eventCatalogue['chaos.signal.sent'].payload.parse(event.payload)

/** Takes every signal at once: what it measures is whether a faulty neighbour delays it. */
const sound: Subscription = {
  name: 'chaos.sound-receiver',
  pattern: 'chaos.signal.sent',
  startAt: 'now',
  handle: async (deps, tx, event) => {
    const { runId, slot } = signalOf(event)
    await markReceived(tx, 'sound', { runId, slot, at: deps.clock.now() })
  },
}

/** Delays every signal, or refuses it for a time, as its run says. */
const faulty: Subscription = {
  name: 'chaos.faulty-receiver',
  pattern: 'chaos.signal.sent',
  startAt: 'now',
  // Outside a transaction: on the embedded store one that is held would stop everybody, and that is not what is tested.
  prepare: async (deps, event) => {
    const { fault, faultMs } = signalOf(event)
    const leftMs = Date.parse(event.occurredAt) + faultMs - deps.clock.now()
    if (leftMs <= 0) return
    if (fault === 'delay') await sleep(deps, leftMs)
    // Shorter than five tries take, so that no signal ends among the dead letters.
    else throw new Error(`refused for another ${leftMs} ms by a chaos experiment`)
  },
  handle: async (deps, tx, event) => {
    const { runId, slot } = signalOf(event)
    await markReceived(tx, 'faulty', { runId, slot, at: deps.clock.now() })
  },
}

async function sleep(deps: Deps, delayMs: number): Promise<void> {
  await new Promise<void>((resolve) => void deps.clock.after(delayMs, resolve))
}

export const subscriptions: readonly Subscription[] = [sound, faulty]
