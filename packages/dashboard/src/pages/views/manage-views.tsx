import { Checkbox, Modal, TextInput } from '@mantine/core'
import type { SavedView, SavedViewPatch, ViewPage } from '@metaagent/contract'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { viewApi, viewQueries } from '../../api/views.ts'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { describeFilters } from './filters.ts'
import classes from './views.module.css'

/** Every view of a list: names, sharing and removal. What others made can be changed by who manages people. */
export function ManageViews({
  page,
  views,
  opened,
  onClose,
}: {
  readonly page: ViewPage
  readonly views: readonly SavedView[]
  readonly opened: boolean
  readonly onClose: () => void
}) {
  return (
    <Modal opened={opened} onClose={onClose} title="Saved views" size="lg">
      {views.length === 0 ? <p className="soft">None is left.</p> : null}
      <ul className={classes['list']}>
        {views.map((view) => (
          <ViewRow key={`${view.viewId} ${view.name}`} page={page} view={view} />
        ))}
      </ul>
    </Modal>
  )
}

function ViewRow({ page, view }: { readonly page: ViewPage; readonly view: SavedView }) {
  const client = useQueryClient()
  const onSettled = () => client.invalidateQueries({ queryKey: viewQueries.of(page).queryKey })
  const change = useMutation({
    mutationFn: (patch: SavedViewPatch) => viewApi.change(view.viewId, patch),
    onSettled,
  })
  const remove = useMutation({ mutationFn: () => viewApi.remove(view.viewId), onSettled })
  const [sure, setSure] = useState(false)
  const failure = change.error ?? remove.error
  const rename = (name: string) => {
    if (name !== '' && name !== view.name) change.mutate({ name })
  }
  return (
    <li data-testid="view-row">
      <div className={classes['row']}>
        <TextInput
          aria-label={`Name of ${view.name}`}
          defaultValue={view.name}
          maxLength={80}
          onBlur={(event) => rename(event.currentTarget.value.trim())}
          onKeyDown={(event) => event.key === 'Enter' && event.currentTarget.blur()}
        />
        <Checkbox
          label="Shared"
          checked={view.shared}
          onChange={(event) => change.mutate({ shared: event.currentTarget.checked })}
        />
        <button type="button" onClick={() => (sure ? remove.mutate() : setSure(true))}>
          {sure ? 'Really remove' : 'Remove'}
        </button>
      </div>
      <p className={classes['filters']}>
        {view.mine ? '' : 'Made by somebody else. '}
        {describeFilters(view.filters)}
      </p>
      {failure === null ? null : <ProblemPanel error={failure} compact />}
    </li>
  )
}
