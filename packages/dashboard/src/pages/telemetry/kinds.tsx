import { type Action, ActionKind } from '@metaagent/contract'
import type { IconName } from '../../ui/icon.tsx'

/** The drawing of each kind of step; its colour is the token `--kind-…`. */
export const kindIcons: Readonly<Record<ActionKind, IconName>> = {
  llm: 'llm',
  embedding: 'embedding',
  tool: 'tool',
  retrieval: 'retrieval',
  agent: 'agent',
  guardrail: 'guardrail',
  evaluation: 'evaluation',
  other: 'other',
}

/** The kinds that stand in a trace, for its legend. */
export function kindsOf(actions: readonly Action[]): readonly { readonly kind: ActionKind; readonly icon: IconName }[] {
  const seen = new Set(actions.map(({ kind }) => kind))
  return ActionKind.options.flatMap((kind) => (seen.has(kind) ? [{ kind, icon: kindIcons[kind] }] : []))
}
