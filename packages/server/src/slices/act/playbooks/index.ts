import type { Slice } from '../../../ports/slice.ts'

export { compareDependencies } from './actions.ts'
export type { Dependency, DependencyDifference } from './model/compatibility.ts'
export { type DefinitionProblem, definitionProblems, type MacroDefinition } from './model/definition.ts'
export { type ExecutionEvent, type ExecutionState, startedExecution, stateAfter } from './model/execution/state.ts'
export { decideNext, type ExecutionDecision } from './model/execution.ts'

export const playbooksSlice: Slice = { name: 'playbooks', floor: 'act', routes: [], jobs: [], subscriptions: [] }
