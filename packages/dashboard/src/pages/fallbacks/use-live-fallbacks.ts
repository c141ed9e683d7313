import { useQueryClient } from '@tanstack/react-query'
import { addressOf } from '../../api/request.ts'
import { useLiveStream } from '../../app/use-live-stream.ts'

/** Reads what is shown of fallbacks again whenever one of them is different; nothing is polled. */
export function useLiveFallbacks(): void {
  const client = useQueryClient()
  useLiveStream(addressOf('/fallback-stream'), () => void client.invalidateQueries({ queryKey: ['fallbacks'] }))
}
