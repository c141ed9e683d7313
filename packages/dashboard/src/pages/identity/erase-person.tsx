import type { User } from '@metaagent/contract'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { peopleApi } from '../../api/people.ts'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'

/** Asks once more before a person's key is destroyed. */
export function ErasePerson({ person, onClose }: { readonly person: User | null; readonly onClose: () => void }) {
  const client = useQueryClient()
  const erase = useMutation({
    mutationFn: (subjectId: string) => peopleApi.erase(subjectId),
    onSuccess: async () => {
      onClose()
      await client.invalidateQueries({ queryKey: ['people'] })
    },
  })
  return (
    <ConfirmDialog
      opened={person !== null}
      title="Erase this person’s data?"
      word="Erase"
      error={erase.error}
      pending={erase.isPending}
      testId="erase-person"
      onConfirm={() => person !== null && erase.mutate(person.subjectId)}
      onClose={onClose}
    >
      The key of <strong>{person?.displayName ?? person?.email}</strong> is destroyed: their name and address can be
      read nowhere any more, and they cannot sign in. What they decided stays in the ledger, without their name. This
      cannot be undone.
    </ConfirmDialog>
  )
}
