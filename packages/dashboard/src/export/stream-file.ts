import { asApiError } from '../api/api-error.ts'
import { addressOf, type RequestOptions, refusalOf } from '../api/request.ts'

/** The forms in which the API hands out a list. */
export const exportFormats = ['csv', 'jsonl', 'parquet'] as const
export type ExportFormat = (typeof exportFormats)[number]

export interface ListAddress {
  /** Path of the list in the API: `/executions`. */
  readonly path: string
  /** The filters that are set. */
  readonly query: NonNullable<RequestOptions['query']>
}

export interface StreamedFile {
  readonly name: string
  readonly content: Blob
}

/**
 * Fetches a whole list as a file and tells how many bytes have come. Throws an `ApiError` when the server refuses, or
 * when the connection breaks on the way: a file that was cut is not handed out. An abort is passed on as it is.
 */
export async function streamFile(
  { path, query }: ListAddress,
  format: ExportFormat,
  options: { readonly signal: AbortSignal; readonly onBytes: (bytes: number) => void },
): Promise<StreamedFile> {
  const response = await fetch(addressOf(path, { ...query, format }), {
    credentials: 'same-origin',
    signal: options.signal,
  })
  if (!response.ok) throw refusalOf(response, await response.json().catch(() => null))
  const pieces: Uint8Array<ArrayBuffer>[] = []
  let bytes = 0
  const reader = response.body?.getReader()
  for (let piece = await reader?.read(); piece?.value !== undefined; piece = await reader?.read()) {
    pieces.push(piece.value)
    bytes += piece.value.byteLength
    options.onBytes(bytes)
  }
  const type = response.headers.get('content-type') ?? 'application/octet-stream'
  return { name: fileNameOf(response, `${path.slice(1)}.${format}`), content: new Blob(pieces, { type }) }
}

function fileNameOf(response: Response, otherwise: string): string {
  const told = /filename="([^"\\/]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1]
  return told ?? otherwise.replaceAll('/', '-')
}

/** Why an export ended without a file, in words. */
export function exportFailure(error: unknown): string {
  // A broken stream is a bare TypeError, which says nothing to a reader.
  if (error instanceof TypeError) return 'The connection broke before the file was whole. Nothing was saved; try again.'
  return asApiError(error).message
}
