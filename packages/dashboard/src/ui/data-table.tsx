import {
  type ColumnDef,
  FlexRender,
  type Header,
  metaHelper,
  type Row,
  type RowData,
  rowSortingFeature,
  type SortingState,
  tableFeatures,
  useTable,
} from '@tanstack/react-table'
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { useLayoutEffect, useRef, useState } from 'react'
import { useShortcuts } from '../app/shortcuts.tsx'
import classes from './data-table.module.css'
import { Icon } from './icon.tsx'

/** How a column is drawn. `priority` 1 is always there; the others leave, highest first, as the room gets narrow. */
interface ColumnLook {
  readonly width?: string
  readonly align?: 'right'
  readonly priority?: 1 | 2 | 3 | 4 | 5
}

const features = tableFeatures({ rowSortingFeature, columnMeta: metaHelper<ColumnLook>() })
type Features = typeof features

/** A column of a `DataTable`. */
export type DataColumn<Item extends RowData> = ColumnDef<Features, Item>

export interface DataTableProps<Item extends RowData> {
  readonly label: string
  /** Stable: a new list builds every cell anew. */
  readonly columns: readonly DataColumn<Item>[]
  readonly rows: readonly Item[]
  readonly rowId: (row: Item) => string
  /** Enter on the active row, or a click on it. */
  readonly onOpen?: (row: Item) => void
  readonly sorting?: SortingState
  readonly onSort?: (sorting: SortingState) => void
  /** What keys do with the active row, beside walking and opening. */
  readonly rowKeys?: readonly { readonly keys: string; readonly label: string; readonly run: (row: Item) => void }[]
  /** Called when the last rows come into view. */
  readonly onEnd?: () => void
  readonly rowHeight?: number
  readonly testId: string
}

/**
 * A table that draws only the rows in view and is walked with j and k. Rows come sorted; a head tells what is wanted. The page itself
 * scrolls; the head stays at its top.
 */
export function DataTable<Item extends RowData>(props: DataTableProps<Item>) {
  const { columns, rows, rowId, sorting = noSorting, onSort, rowHeight = 38 } = props
  const table = useTable({
    features,
    columns,
    data: rows,
    getRowId: rowId,
    state: { sorting },
    // Owners sort: they know that unknown is neither the smallest nor the largest.
    manualSorting: true,
    enableSortingRemoval: false,
    onSortingChange: (change) => onSort?.(typeof change === 'function' ? change(sorting) : change),
  })
  const drawn = table.getRowModel().rows
  const { bodyRef, virtualizer } = useRowsInView(drawn.length, rowHeight, (index) => drawn[index]?.id ?? index)
  const { active, setActive } = useRowKeys(props, drawn, (index) => virtualizer.scrollToIndex(index, { align: 'auto' }))
  const items = virtualizer.getVirtualItems()
  const first = items[0]
  const last = items.at(-1)
  useReachedEnd(last?.index === drawn.length - 1 ? drawn.length : 0, props.onEnd)
  const margin = virtualizer.options.scrollMargin
  return (
    <div className={classes['frame']} data-testid={props.testId}>
      <table className={classes['table']} aria-label={props.label} aria-rowcount={drawn.length + 1}>
        <thead>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id}>
              {group.headers.map((header) => (
                <HeadCell key={header.id} header={header} sortable={onSort !== undefined} sorting={sorting} />
              ))}
            </tr>
          ))}
        </thead>
        <tbody ref={bodyRef}>
          <Spacer height={first === undefined ? 0 : first.start - margin} />
          {items.map(({ index }) => {
            const row = drawn[index]
            if (row === undefined) return null
            const choose = () => setActive(index)
            const isActive = index === active
            return <BodyRow key={row.id} {...{ row, index, rowHeight, isActive, choose, onOpen: props.onOpen }} />
          })}
          <Spacer height={last === undefined ? 0 : virtualizer.getTotalSize() + margin - last.end} />
        </tbody>
      </table>
    </div>
  )
}

const noSorting: SortingState = []

function HeadCell<Item extends RowData>({
  header,
  sortable,
  sorting,
}: {
  readonly header: Header<Features, Item, unknown>
  readonly sortable: boolean
  readonly sorting: SortingState
}) {
  const { column } = header
  const look = column.columnDef.meta
  const sorted = sorting.find(({ id }) => id === column.id)
  const order = sorted === undefined ? undefined : sorted.desc ? 'descending' : 'ascending'
  return (
    <th
      scope="col"
      style={{ width: look?.width }}
      data-align={look?.align}
      data-priority={look?.priority ?? 1}
      aria-sort={order}
    >
      {sortable && column.getCanSort() ? (
        <button type="button" className={classes['sort']} onClick={column.getToggleSortingHandler()}>
          <FlexRender header={header} />
          {order === undefined ? null : <Icon name={order === 'ascending' ? 'up' : 'down'} size={11} />}
        </button>
      ) : (
        <FlexRender header={header} />
      )}
    </th>
  )
}

function BodyRow<Item extends RowData>(props: {
  readonly row: Row<Features, Item>
  readonly index: number
  readonly rowHeight: number
  readonly isActive: boolean
  readonly choose: () => void
  readonly onOpen: ((row: Item) => void) | undefined
}) {
  const { row, index, rowHeight, isActive, choose, onOpen } = props
  return (
    <tr
      aria-rowindex={index + 2}
      data-active={isActive}
      data-openable={onOpen !== undefined}
      style={{ height: rowHeight }}
      onClick={(event) => {
        choose()
        if (!isInteractive(event.target)) onOpen?.(row.original)
      }}
    >
      {row.getAllCells().map((cell) => {
        const look = cell.column.columnDef.meta
        return (
          <td key={cell.id} data-align={look?.align} data-priority={look?.priority ?? 1}>
            <FlexRender cell={cell} />
          </td>
        )
      })}
    </tr>
  )
}

// One cell, not one that spans all columns: spanned ones would count as columns even where they are hidden.
function Spacer({ height }: { readonly height: number }) {
  if (height <= 0) return null
  return (
    <tr aria-hidden="true" className={classes['spacer']}>
      <td style={{ height }} />
    </tr>
  )
}

function useRowsInView(count: number, rowHeight: number, keyOf: (index: number) => string | number) {
  const bodyRef = useRef<HTMLTableSectionElement>(null)
  const [scrollMargin, setScrollMargin] = useState(0)
  useLayoutEffect(() => {
    const measure = () => {
      const body = bodyRef.current
      if (body !== null) setScrollMargin(Math.round(body.getBoundingClientRect().top + window.scrollY))
    }
    measure()
    // What stands above the table may change its height later, and with it the height of the page.
    const watch = new ResizeObserver(measure)
    watch.observe(document.body)
    return () => watch.disconnect()
  }, [])
  const virtualizer = useWindowVirtualizer<HTMLTableRowElement>({
    count,
    estimateSize: () => rowHeight,
    getItemKey: keyOf,
    overscan: 8,
    scrollMargin,
    scrollPaddingStart: rowHeight * 2,
    scrollPaddingEnd: rowHeight,
    initialRect: { width: 1280, height: 900 },
  })
  return { bodyRef, virtualizer }
}

function useReachedEnd(countAtEnd: number, onEnd: (() => void) | undefined): void {
  const told = useRef(0)
  useLayoutEffect(() => {
    if (countAtEnd === 0 || told.current === countAtEnd) return
    told.current = countAtEnd
    onEnd?.()
  }, [countAtEnd, onEnd])
}

function useRowKeys<Item extends RowData>(
  { onOpen, rowKeys = [] }: DataTableProps<Item>,
  rows: readonly { readonly original: Item }[],
  show: (index: number) => void,
) {
  const [chosen, setActive] = useState(-1)
  const active = Math.min(chosen, rows.length - 1)
  const move = (by: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, active + by))
    if (rows.length === 0) return
    setActive(next)
    show(next)
  }
  const open = () => {
    const row = rows[active]
    if (row !== undefined) onOpen?.(row.original)
  }
  useShortcuts([
    { keys: 'j', label: 'Next row', group: 'Table', run: () => move(1) },
    { keys: 'k', label: 'Previous row', group: 'Table', run: () => move(-1) },
    ...(onOpen === undefined ? [] : [{ keys: 'o', label: 'Open the row', group: 'Table', run: open }]),
    ...(onOpen === undefined || active < 0
      ? []
      : [{ keys: 'Enter', label: 'Open the row', group: 'Table', run: open }]),
    ...rowKeys.map(({ keys, label, run }) => ({
      keys,
      label,
      group: 'Table',
      run: () => {
        const row = rows[active]
        if (row !== undefined) run(row.original)
      },
    })),
  ])
  return { active, setActive }
}

function isInteractive(target: EventTarget): boolean {
  return target instanceof Element && target.closest('a, button, input, label, [role="menuitem"]') !== null
}
