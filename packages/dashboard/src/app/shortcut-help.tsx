import { Checkbox, Modal } from '@mantine/core'
import { Fragment } from 'react'
import classes from './shortcut-help.module.css'
import { useShortcutList } from './shortcuts.tsx'

/** The shortcuts of the page shown, and the switch for those of one letter. */
export function ShortcutHelp({ opened, onClose }: { readonly opened: boolean; readonly onClose: () => void }) {
  const { all, enabled, enable } = useShortcutList()
  const shown = opened ? all() : []
  const groups = [...new Set(shown.map(({ group }) => group))].sort()
  return (
    <Modal opened={opened} onClose={onClose} title="Keyboard shortcuts" closeButtonProps={{ 'aria-label': 'Close' }}>
      <div data-testid="shortcut-help">
        {groups.map((group) => (
          <section key={group} className={classes['group']}>
            <h3>{group}</h3>
            <dl>
              {uniqueKeys(shown.filter((shortcut) => shortcut.group === group)).map(({ keys, label }) => (
                <Fragment key={keys}>
                  <dt>
                    {keys.split(' ').map((key, place) => (
                      <Fragment key={`${keys}${key}`}>
                        {place === 0 ? null : ' then '}
                        <kbd>{key}</kbd>
                      </Fragment>
                    ))}
                  </dt>
                  <dd>{label}</dd>
                </Fragment>
              ))}
            </dl>
          </section>
        ))}
        <Checkbox
          size="xs"
          label="Use these shortcuts"
          description="Switch them off if single letters get in the way, for example of speech input."
          checked={enabled}
          onChange={(event) => enable(event.currentTarget.checked)}
        />
      </div>
    </Modal>
  )
}

function uniqueKeys<Shortcut extends { readonly keys: string }>(shortcuts: readonly Shortcut[]): readonly Shortcut[] {
  return [...new Map(shortcuts.map((shortcut) => [shortcut.keys, shortcut])).values()]
}
