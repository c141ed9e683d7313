import {
  Judgment,
  JudgmentPage,
  QaLabelPage,
  QaLabelReceipt,
  type QaSubject,
  type StatusWord,
  StatusWordTable,
} from '@metaagent/contract'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { ChangeParticulars } from '../ui/governed-save.tsx'
import { type RequestOptions, request } from './request.ts'

type Query = NonNullable<RequestOptions['query']>

interface JudgedThing {
  readonly subject: QaSubject
  readonly metric: string
}

const of = ({ subject, metric }: JudgedThing) => ({ subjectKind: subject.kind, subjectId: subject.id, metric })

/** Every question about judgments, labels and status words; all keys begin with `judgments`. */
export const judgmentQueries = {
  list: (query: Query) =>
    infiniteQueryOptions({
      queryKey: ['judgments', 'list', query],
      queryFn: ({ pageParam, signal }) =>
        request(JudgmentPage, '/judgments', { query: { limit: 100, ...query, cursor: pageParam }, signal }),
      initialPageParam: null as string | null,
      getNextPageParam: ({ nextCursor }) => nextCursor,
    }),
  one: (judgmentId: string) =>
    queryOptions({
      queryKey: ['judgments', 'one', judgmentId],
      queryFn: ({ signal }) => request(Judgment, `/judgments/${encodeURIComponent(judgmentId)}`, { signal }),
    }),
  /** What all judges said of the same subject and metric, the newest first. */
  same: (thing: JudgedThing) =>
    queryOptions({
      queryKey: ['judgments', 'same', of(thing)],
      queryFn: ({ signal }) => request(JudgmentPage, '/judgments', { query: { ...of(thing), limit: 50 }, signal }),
    }),
  label: (thing: JudgedThing) =>
    queryOptions({
      queryKey: ['judgments', 'label', of(thing)],
      queryFn: async ({ signal }) =>
        (await request(QaLabelPage, '/qa/labels', { query: { ...of(thing), limit: 1 }, signal })).items[0] ?? null,
    }),
  words: () =>
    queryOptions({
      queryKey: ['judgments', 'words'],
      queryFn: ({ signal }) => request(StatusWordTable, '/qa/status-words', { signal }),
    }),
}

export const judgmentApi = {
  label: (thing: JudgedThing, verdict: 'pass' | 'fail' | null, note: string) =>
    request(QaLabelReceipt, '/qa/labels', {
      method: 'POST',
      body: { labels: [{ ...thing, verdict, ...(note === '' ? {} : { note }) }] },
    }),
  changeWords: (
    change: { readonly words: readonly StatusWord[]; readonly expectedVersion: number } & ChangeParticulars,
  ) => request(StatusWordTable, '/qa/status-words', { method: 'PUT', body: change }),
}
