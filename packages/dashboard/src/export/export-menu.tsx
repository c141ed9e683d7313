import { Button, Menu } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { formatBytes, formatCount } from '../format/number.ts'
import { Icon } from '../ui/icon.tsx'
import { downloadFile } from './download.ts'
import classes from './export-menu.module.css'
import { type ExportFormat, exportFailure, exportFormats, type ListAddress, streamFile } from './stream-file.ts'

const formatWords: Readonly<Record<ExportFormat, string>> = {
  csv: 'CSV, for spreadsheets',
  jsonl: 'JSON Lines, for programs',
  parquet: 'Parquet, for data tools',
}

/** From here on a file is more than most spreadsheets open. */
const largeBytes = 100_000_000

type Progress =
  | { readonly kind: 'running'; readonly format: ExportFormat; readonly bytes: number }
  | { readonly kind: 'failed'; readonly why: string }
  | { readonly kind: 'done'; readonly name: string; readonly bytes: number }

/**
 * Hands out a whole list as a file, under the filters that are set. `shown` rows are on the page; `more` says that the
 * list goes on, so that nobody is surprised by how long it takes.
 */
export function ExportMenu({
  list,
  shown,
  more,
  note,
}: {
  readonly list: ListAddress
  readonly shown: number
  readonly more: boolean
  /** What the file holds, where that is not just what is shown. */
  readonly note?: string
}) {
  const { progress, start, stop } = useExport(list)
  const running = progress?.kind === 'running'
  return (
    <>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <Button
            variant="default"
            leftSection={<Icon name="download" size={14} />}
            disabled={shown === 0 || running}
            data-testid="export"
          >
            {running ? 'Exporting' : 'Export'}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{note ?? whatOf(shown, more)}</Menu.Label>
          {exportFormats.map((format) => (
            <Menu.Item key={format} onClick={() => start(format)}>
              {formatWords[format]}
            </Menu.Item>
          ))}
          {more ? <p className={classes['warning']}>A long list takes a while. Filters make it shorter.</p> : null}
        </Menu.Dropdown>
      </Menu>
      {progress === null ? null : <ProgressNote progress={progress} onStop={stop} />}
    </>
  )
}

function whatOf(shown: number, more: boolean): string {
  return more
    ? `All rows under these filters, more than the ${formatCount(shown)} shown`
    : `All ${formatCount(shown)} rows`
}

function ProgressNote({ progress, onStop }: { readonly progress: Progress; readonly onStop: () => void }) {
  return (
    <div className={classes['note']} role="status" data-kind={progress.kind} data-testid="export-progress">
      <span>{wordsOf(progress)}</span>
      <button type="button" onClick={onStop}>
        {progress.kind === 'running' ? 'Cancel' : 'Close'}
      </button>
    </div>
  )
}

function wordsOf(progress: Progress): string {
  switch (progress.kind) {
    case 'failed':
      return `No file was saved. ${progress.why}`
    case 'done':
      return `Saved ${progress.name}, ${formatBytes(progress.bytes)}.`
    case 'running':
      return progress.bytes < largeBytes
        ? `Exporting, ${formatBytes(progress.bytes)} so far.`
        : `Exporting, ${formatBytes(progress.bytes)} so far. That is a large file; filters would make it smaller.`
  }
}

function useExport(list: ListAddress) {
  const [progress, setProgress] = useState<Progress | null>(null)
  const running = useRef<AbortController | null>(null)
  // Leaving the page ends it: nobody is there to take the file.
  useEffect(() => () => running.current?.abort(), [])
  const start = async (format: ExportFormat) => {
    const abort = new AbortController()
    running.current = abort
    let toldMs = 0
    setProgress({ kind: 'running', format, bytes: 0 })
    try {
      const onBytes = (bytes: number) => {
        const nowMs = performance.now()
        if (nowMs - toldMs < 100) return
        toldMs = nowMs
        setProgress({ kind: 'running', format, bytes })
      }
      const { name, content } = await streamFile(list, format, { signal: abort.signal, onBytes })
      downloadFile(name, content)
      setProgress({ kind: 'done', name, bytes: content.size })
    } catch (error) {
      if (!abort.signal.aborted) setProgress({ kind: 'failed', why: exportFailure(error) })
    }
  }
  const stop = () => {
    running.current?.abort()
    setProgress(null)
  }
  return { progress, start: (format: ExportFormat) => void start(format), stop }
}
