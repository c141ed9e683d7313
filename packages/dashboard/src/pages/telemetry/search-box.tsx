import { Popover, TextInput } from '@mantine/core'
import { useId, useRef, useState } from 'react'
import { useShortcuts } from '../../app/shortcuts.tsx'
import { Icon } from '../../ui/icon.tsx'
import classes from './executions-page.module.css'

const grammar = [
  ['refund late', 'both words, in any order'],
  ['"late refund"', 'these words next to each other'],
  ['refund or credit', 'one of them'],
  ['refund -cancelled', 'without that word'],
  ['refun*', 'words that begin so'],
] as const

/** Words in the executions and their steps. The server is asked when the reader presses Enter or leaves the field. */
export function SearchBox({
  value,
  onCommit,
}: {
  readonly value: string | undefined
  readonly onCommit: (text: string | undefined) => void
}) {
  const input = useRef<HTMLInputElement>(null)
  const [hinted, setHinted] = useState(false)
  const hint = useId()
  useShortcuts([{ keys: '/', label: 'Search by words', group: 'Table', run: () => input.current?.focus() }])
  const commit = (text: string) => {
    const words = text.trim() === '' ? undefined : text.trim()
    if (words !== value) onCommit(words)
  }
  return (
    <Popover opened={hinted} position="bottom-start" withinPortal={false} trapFocus={false} withRoles={false}>
      <Popover.Target>
        <TextInput
          key={value}
          ref={input}
          type="search"
          className={classes['search']}
          aria-label="Search by words"
          aria-describedby={hinted ? hint : undefined}
          placeholder="Words in inputs, outputs, errors and steps"
          maxLength={200}
          defaultValue={value ?? ''}
          leftSection={<Icon name="search" size={13} />}
          rightSection={<kbd>/</kbd>}
          onFocus={() => setHinted(true)}
          onBlur={(event) => {
            setHinted(false)
            commit(event.currentTarget.value)
          }}
          onKeyDown={(event) => {
            if (event.key === 'Enter') commit(event.currentTarget.value)
            if (event.key === 'Escape') event.currentTarget.blur()
          }}
        />
      </Popover.Target>
      <Popover.Dropdown>
        <dl id={hint} className={classes['grammar']} data-testid="search-hint">
          {grammar.map(([example, meaning]) => (
            <div key={example}>
              <dt>
                <code>{example}</code>
              </dt>
              <dd>{meaning}</dd>
            </div>
          ))}
        </dl>
        <p className={classes['hint']}>Executions are found about two seconds after they end.</p>
      </Popover.Dropdown>
    </Popover>
  )
}
