import { ConflictsAutoResolve, ConflictsAutoResolved, RulesReloaded, SubscriberList } from '@metaagent/contract'
import { ok } from '../../../../kernel/result.ts'
import { type Route, route } from '../../../../ports/slice.ts'
import { readSubscribers } from '../../../govern/journal/index.ts'
import { autoResolve } from '../../artifacts/index.ts'
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
  route({
    method: 'POST',
    path: '/internal/conflicts/auto-resolve',
    access: 'conflicts:resolve',
    privileged,
    tag,
    operationId: 'autoResolveConflicts',
    summary: 'Put artifacts in order that are held up by conflicts of LOW and MEDIUM severity',
    body: ConflictsAutoResolve,
    reply: ConflictsAutoResolved,
    handle: async (deps, { caller, body }) => {
      const { organizationId } = caller
      const done = await deps.store.transaction({ organizationId }, (tx) =>
        autoResolve(deps, tx, caller, body.projectId),
      )
      return ok({ ...done, conflictIds: [...done.conflictIds], unblocked: [...done.unblocked] })
    },
  }),
]
