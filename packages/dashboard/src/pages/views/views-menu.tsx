import { Button, Menu } from '@mantine/core'
import type { SavedView, ViewFilters, ViewPage } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { viewApi, viewQueries } from '../../api/views.ts'
import { Icon } from '../../ui/icon.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { describeFilters, sameFilters } from './filters.ts'
import { ManageViews } from './manage-views.tsx'
import { SaveView } from './save-view.tsx'
import classes from './views.module.css'

export interface ViewsMenuProps {
  readonly page: ViewPage
  /** The filters that are set, as in the address. */
  readonly filters: ViewFilters
  /** The view that was opened, if the address names one. */
  readonly viewId: string | undefined
  readonly onOpen: (view: SavedView) => void
}

/** Saved filters of a list: opens one, keeps what is set now under a name, and leads to renaming, sharing and removal. */
export function ViewsMenu({ page, filters, viewId, onOpen }: ViewsMenuProps) {
  const views = useQuery(viewQueries.of(page))
  const items = views.data?.items ?? []
  const opened = items.find((view) => view.viewId === viewId) ?? null
  const changed = opened !== null && !sameFilters(opened.filters, filters)
  const [dialog, setDialog] = useState<'save' | 'manage' | null>(null)
  const update = useUpdate(page)
  return (
    <>
      <Menu position="bottom-end" withinPortal width={280}>
        <Menu.Target>
          <Button variant="default" leftSection={<Icon name="flag" size={14} />} data-testid="views">
            <span className="truncate">
              {opened === null ? 'Views' : `${opened.name}${changed ? ', changed' : ''}`}
            </span>
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {views.error === null ? null : (
            <ProblemPanel error={views.error} compact onRetry={() => void views.refetch()} />
          )}
          <Section title="Yours" views={items.filter(({ mine }) => mine)} opened={opened} onOpen={onOpen} />
          <Section title="Shared" views={items.filter(({ mine }) => !mine)} opened={opened} onOpen={onOpen} />
          {views.data !== undefined && items.length === 0 ? (
            <p className={classes['hint']}>No view yet. Set filters, then keep them under a name.</p>
          ) : null}
          <Menu.Divider />
          {opened?.mine && changed ? (
            <Menu.Item onClick={() => update.mutate({ view: opened, filters })}>Update “{opened.name}”</Menu.Item>
          ) : null}
          <Menu.Item onClick={() => setDialog('save')}>Save these filters …</Menu.Item>
          {items.length === 0 ? null : (
            <Menu.Item onClick={() => setDialog('manage')}>Rename, share, remove …</Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {update.error === null ? null : <ProblemPanel error={update.error} compact onRetry={update.reset} />}
      <SaveView
        page={page}
        filters={filters}
        opened={dialog === 'save'}
        onClose={() => setDialog(null)}
        onSaved={(view) => {
          setDialog(null)
          onOpen(view)
        }}
      />
      <ManageViews page={page} views={items} opened={dialog === 'manage'} onClose={() => setDialog(null)} />
    </>
  )
}

function Section({
  title,
  views,
  opened,
  onOpen,
}: {
  readonly title: string
  readonly views: readonly SavedView[]
  readonly opened: SavedView | null
  readonly onOpen: (view: SavedView) => void
}) {
  if (views.length === 0) return null
  return (
    <>
      <Menu.Label>{title}</Menu.Label>
      {views.map((view) => (
        <Menu.Item
          key={view.viewId}
          onClick={() => onOpen(view)}
          rightSection={view.viewId === opened?.viewId ? <Icon name="check" size={12} label="opened" /> : null}
        >
          {view.name}
          <span className={classes['filters']}>{describeFilters(view.filters)}</span>
        </Menu.Item>
      ))}
    </>
  )
}

function useUpdate(page: ViewPage) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ view, filters }: { readonly view: SavedView; readonly filters: ViewFilters }) =>
      viewApi.change(view.viewId, { filters, version: view.version }),
    onSettled: () => client.invalidateQueries({ queryKey: viewQueries.of(page).queryKey }),
  })
}
