import type { z } from 'zod'
import { actEvents } from './events/act.ts'
import { governEvents } from './events/govern.ts'
import { judgeEvents } from './events/judge.ts'
import { observeEvents } from './events/observe.ts'

/** Every event that MetaAgent itself writes. Types that come from outside are not listed and never enter the ledger. */
export const eventCatalogue = { ...governEvents, ...observeEvents, ...judgeEvents, ...actEvents }

export type EventType = keyof typeof eventCatalogue
export type EventPayload<Type extends EventType> = z.infer<(typeof eventCatalogue)[Type]['payload']>
export const eventTypes = Object.keys(eventCatalogue) as readonly EventType[]
