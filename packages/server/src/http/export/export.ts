import { Readable } from 'node:stream'
import { z } from 'zod'
import { ok, type Result } from '../../kernel/result.ts'
import type { Deps, RequestRoute, Route, RouteRequest } from '../../ports/slice.ts'
import { columnsOf, pagedItemOf } from './columns.ts'
import { encoderOf, exportFormats } from './formats.ts'

const Format = z
  .enum(['json', ...exportFormats])
  .default('json')
  .meta({ description: 'csv, jsonl, parquet: the whole list as a file, from the cursor on, whatever the limit.' })

/** What a list may come as, beside a page of JSON. */
export const exportContentTypes: readonly string[] = exportFormats.map((format) =>
  encoderOf(format, []).contentType.replace(/;.*/, ''),
)

/** Whether a route is a list that can be handed out as a file: one page follows the other by a cursor. */
export function isExportable(route: Route): route is RequestRoute & { readonly query: z.ZodObject } {
  return (
    route.kind === 'request' &&
    route.method === 'GET' &&
    route.query instanceof z.ZodObject &&
    'cursor' in route.query.shape &&
    !('format' in route.query.shape) &&
    pagedItemOf(route.reply) !== null
  )
}

/** The query of a list with the choice of a format. */
export function withFormat(query: z.ZodObject): z.ZodObject {
  return query.extend({ format: Format })
}

/** The query as the slice declared it, and the format that was asked for; null: a page of JSON. */
export function splitFormat(query: unknown): {
  readonly format: (typeof exportFormats)[number] | null
  readonly query: unknown
} {
  const { format, ...rest } = Object(query) as Record<string, unknown>
  return { format: exportFormats.find((one) => one === format) ?? null, query: rest }
}

export interface ExportReply {
  readonly contentType: string
  readonly filename: string
  readonly body: Readable
}

interface Page {
  readonly items: readonly unknown[]
  readonly nextCursor: string | null
}

const rowsPerPage = 200

/**
 * A list as a file, read page by page while the client takes it. The first page is read before anything is sent, so that
 * a refusal is still a refusal; if a later one fails, the connection breaks and the file is visibly cut.
 */
export async function exportList(
  deps: Deps,
  route: RequestRoute,
  asked: RouteRequest<unknown, unknown, unknown>,
  format: (typeof exportFormats)[number],
): Promise<Result<ExportReply>> {
  const read = async (cursor: string | null): Promise<Result<Page>> => {
    const query = { ...Object(asked.query), limit: rowsPerPage, ...(cursor === null ? {} : { cursor }) }
    const result = await route.handle(deps, { ...asked, query })
    return result.ok ? ok(result.value as Page) : result
  }
  const first = await read(null)
  if (!first.ok) return first
  const item = pagedItemOf(route.reply)
  const encoder = encoderOf(format, item === null ? [] : columnsOf(item))
  async function* bytes(page: Page) {
    yield encoder.rows(page.items)
    let next = page.nextCursor
    while (next !== null && !asked.signal.aborted) {
      const following = await read(next)
      if (!following.ok) throw new Error(`the export was refused on its way: ${following.refusal.code}`)
      yield encoder.rows(following.value.items)
      next = following.value.nextCursor
    }
    yield encoder.end()
  }
  const name = route.path
    .split('/')
    .filter((part) => part !== '' && !part.startsWith(':'))
    .slice(2)
    .join('-')
  const day = new Date(deps.clock.now()).toISOString().slice(0, 10)
  return ok({
    contentType: encoder.contentType,
    filename: `${name}-${day}.${encoder.extension}`,
    body: Readable.from(filled(bytes(first.value)), { objectMode: false }),
  })
}

/** Leaves out empty pieces, which a byte stream does not take. */
async function* filled(pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  for await (const piece of pieces) if (piece.length > 0) yield piece
}
