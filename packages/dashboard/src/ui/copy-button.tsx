import { ActionIcon, Button, CopyButton as Copy, Tooltip } from '@mantine/core'
import { Icon } from './icon.tsx'

/** Copies a text and says so. With `wide` it is a button with words, else a small square beside the text. */
export function CopyButton({
  text,
  what,
  wide = false,
}: {
  readonly text: string
  readonly what: string
  readonly wide?: boolean
}) {
  return (
    <Copy value={text} timeout={2000}>
      {({ copied, copy }) =>
        wide ? (
          <Button variant="default" onClick={copy} leftSection={<Icon name={copied ? 'check' : 'copy'} size={14} />}>
            {copied ? 'Copied' : `Copy ${what}`}
          </Button>
        ) : (
          <Tooltip label={copied ? 'Copied' : `Copy ${what}`}>
            <ActionIcon variant="subtle" color="gray" size="sm" onClick={copy} aria-label={`Copy ${what}`}>
              <Icon name={copied ? 'check' : 'copy'} size={14} />
            </ActionIcon>
          </Tooltip>
        )
      }
    </Copy>
  )
}
