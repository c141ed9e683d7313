import { ChaosRunDetail } from '@metaagent/contract'
import { useQueryClient } from '@tanstack/react-query'
import { chaosQueries } from '../../api/chaos.ts'
import { addressOf } from '../../api/request.ts'
import { useLiveStream } from '../../app/use-live-stream.ts'

/** Keeps runs up to date by the live stream: the lists are read again, the run that is shown is taken as it comes. */
export function useLiveRuns(runId?: string): void {
  const client = useQueryClient()
  useLiveStream(addressOf('/chaos-stream', { runId }), ({ event, data }) => {
    if (event === 'runs') {
      void client.invalidateQueries({ queryKey: ['chaos', 'runs'] })
      void client.invalidateQueries({ queryKey: ['chaos', 'experiments'] })
      return
    }
    const read = ChaosRunDetail.safeParse(jsonOf(data))
    if (read.success) client.setQueryData(chaosQueries.run(read.data.runId).queryKey, read.data)
  })
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
