import type { JsonValue, WebhookKind, WebhookMapping } from '@metaagent/contract'
import type { Instant } from '../../../../kernel/instant.ts'
import { hashedSpanId, hashedTraceId } from '../../../../ports/hashed-ids.ts'
import type { Deps } from '../../../../ports/slice.ts'
import { mapLangGraphRun } from '../model/langgraph.ts'
import { faulty, type MappedBatch, readMapped, type SourceContext } from '../model/mapped.ts'
import { mapN8nError } from '../model/n8n-error.ts'
import { fillTemplate, TemplateFault } from '../model/pointers.ts'

/** A payload and what its source says of it. */
export interface MappedPayload {
  readonly kind: WebhookKind
  readonly mapping: WebhookMapping | null
  readonly context: SourceContext
  /** Makes the ids of runs that have none: the same payload of the same source is the same run. */
  readonly idScope: readonly string[]
  readonly receivedAt: Instant
  readonly payload: JsonValue
}

/** Turns a payload into rows; a mapping of the source's own comes before what its kind knows. Never throws. */
export async function mapPayload(deps: Deps, from: MappedPayload): Promise<MappedBatch> {
  const { kind, mapping, context, payload, receivedAt, idScope } = from
  if (mapping !== null) return await byMapping(deps, mapping, payload, context)
  switch (kind) {
    case 'langgraph':
      return mapLangGraphRun(payload, context, receivedAt)
    case 'n8n':
      return mapN8nError(payload, context, {
        receivedAt,
        executionId: (id) => (id === null ? hashedTraceId('webhook', ...idScope) : n8nExecutionId(idScope, id)),
      }).batch
    case 'signed':
      return faulty('', 'This source has no mapping yet. Write one, then replay what was kept.')
  }
}

/** The id of an execution of n8n, for the first part of a scope: the source. */
export function n8nExecutionId([sourceId = '']: readonly string[], id: string): string {
  return hashedTraceId('n8n', sourceId, id)
}

async function byMapping(
  deps: Deps,
  mapping: WebhookMapping,
  payload: JsonValue,
  context: SourceContext,
): Promise<MappedBatch> {
  if (mapping.language === 'pointers') {
    try {
      const filled = fillTemplate(mapping.template, payload, { trace: hashedTraceId, span: hashedSpanId })
      return readMapped(filled, context)
    } catch (error) {
      if (error instanceof TemplateFault) return faulty('mapping', error.message)
      throw error
    }
  }
  const result = await deps.evaluateMapping(mapping.expression, payload)
  if (result.ok) return readMapped(result.value, context)
  const where = result.position === null ? '' : ` at character ${result.position}`
  return faulty('mapping', `${result.detail}${where}`)
}
