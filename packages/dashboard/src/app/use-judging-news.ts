import { QaNews, type QaNewsPart } from '@metaagent/contract'
import { useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import { addressOf } from '../api/request.ts'
import { useLiveStream } from './use-live-stream.ts'

/** What is read again when a part of judging has news: keys of questions by their first words. */
const keysOf: Readonly<Record<QaNewsPart, readonly string[]>> = {
  judgments: ['judgments', 'causal-traces'],
  trust: ['trust', 'causal-traces'],
  arbitration: ['arbitration', 'causal-traces'],
  drift: ['drift', 'causal-traces'],
  amendments: ['amendments', 'causal-traces'],
}

/** Keeps what a page shows of these parts of judging as it is now: what has news is read again. */
export function useJudgingNews(...parts: readonly QaNewsPart[]): void {
  const client = useQueryClient()
  // What the stream begins with was just read by the page; after an interruption it is news.
  const begun = useRef(false)
  useLiveStream(addressOf('/qa/stream'), ({ event, data }) => {
    if (event !== 'news') return
    if (!begun.current) {
      begun.current = true
      return
    }
    const news = partsIn(data).filter((part) => parts.includes(part))
    for (const key of new Set(news.flatMap((part) => keysOf[part]))) void client.invalidateQueries({ queryKey: [key] })
  })
}

function partsIn(text: string): readonly QaNewsPart[] {
  try {
    return QaNews.safeParse(JSON.parse(text)).data?.parts ?? []
  } catch {
    return []
  }
}
