import { RulesReloaded, SubscriberList } from '@metaagent/contract'
import { type Route, route } from '../../../../ports/slice.ts'
import { readSubscribers } from '../../../govern/journal/index.ts'
import { reloadRules } from '../actions/reload.ts'

const tag = 'internal'
const privileged = true

/** For clients that share the deployment's secret, beside a credential that has the scope. */
export const internalRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/internal/journal/lag',
    access: 'journal:read',
    privileged,
    tag,
    operationId: 'getJournalLag',
    summary: 'How far behind each subscriber of the journal is',
    reply: SubscriberList,
    handle: (deps, { caller }) => readSubscribers(deps, caller),
  }),
  route({
    method: 'POST',
    path: '/internal/rules/reload',
    access: 'gateway:write',
    privileged,
    tag,
    operationId: 'reloadRules',
    summary: 'Let every process read the organization’s rules again at once',
    description: 'Processes hear of changes by themselves; this is for who changed the database or a file behind them.',
    reply: RulesReloaded,
    handle: (deps, { caller }) => reloadRules(deps, caller),
  }),
]
