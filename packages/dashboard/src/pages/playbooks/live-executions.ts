import type { MacroExecutionPulse } from '@metaagent/contract'
import { useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import { executionStream, playbookQueries, readPulse } from '../../api/playbooks.ts'
import { useLiveStream } from '../../app/use-live-stream.ts'

/** Reads executions again that the server says moved: the lists, and each one that is shown. */
export function useLiveExecutions(): void {
  const client = useQueryClient()
  const seen = useRef<ReadonlyMap<string, string> | null>(null)
  useLiveStream(executionStream(), ({ event, data }) => {
    if (event !== 'executions') return
    const items = readPulse(data)
    const moved = movedOf(seen.current, items)
    seen.current = new Map(items.map((item) => [item.macroExecutionId, markOf(item)]))
    if (moved.length === 0) return
    for (const id of moved) void client.invalidateQueries({ queryKey: playbookQueries.execution(id).queryKey })
    void client.invalidateQueries({ queryKey: ['playbooks', 'executions'] })
    void client.invalidateQueries({ queryKey: ['playbooks', 'macros'] })
  })
}

type Item = MacroExecutionPulse['items'][number]
const markOf = ({ status, events }: Item) => `${status} ${events}`

/** What moved since the last telling; of the first one, which may follow an interruption, everything. */
function movedOf(seen: ReadonlyMap<string, string> | null, items: readonly Item[]): readonly string[] {
  return items
    .filter((item) => seen?.get(item.macroExecutionId) !== markOf(item))
    .map(({ macroExecutionId }) => macroExecutionId)
}
