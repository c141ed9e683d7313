import { Button, Group, Modal, Stack } from '@mantine/core'
import type { ReactNode } from 'react'
import { ProblemPanel } from './problem-panel.tsx'

/** Asks once more before something that cannot be undone; a refusal is shown where it was asked. */
export function ConfirmDialog({
  opened,
  title,
  word,
  error,
  pending,
  testId,
  onConfirm,
  onClose,
  children,
}: {
  readonly opened: boolean
  readonly title: string
  /** What the button says: `Revoke`. */
  readonly word: string
  readonly error: Error | null
  readonly pending: boolean
  readonly testId: string
  readonly onConfirm: () => void
  readonly onClose: () => void
  /** What will happen. */
  readonly children: ReactNode
}) {
  return (
    <Modal opened={opened} onClose={onClose} title={title} closeButtonProps={{ 'aria-label': 'Close' }}>
      <Stack gap="md">
        <p>{children}</p>
        {error === null ? null : <ProblemPanel error={error} compact />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Keep it
          </Button>
          <Button color="red" loading={pending} onClick={onConfirm} data-testid={testId}>
            {word}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
