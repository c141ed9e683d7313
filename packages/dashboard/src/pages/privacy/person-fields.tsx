import { Select, TextInput } from '@mantine/core'
import { type PersonKind, PersonSubject } from '@metaagent/contract'
import { useState } from 'react'

const kinds: Readonly<Record<PersonKind, { readonly label: string; readonly hint: string }>> = {
  user: { label: 'User id', hint: 'As agents report it: the unit or the user id of their runs.' },
  email: { label: 'E-mail address', hint: 'Wherever it, or the token that stands for it, is found.' },
  conversation: { label: 'Conversation', hint: 'The id of one conversation with all its runs.' },
  attribute: { label: 'Attribute of your own', hint: 'The value that runs or steps carry under the name below.' },
}

const isKind = (text: string | null): text is PersonKind => text !== null && text in kinds

interface Person {
  readonly kind: PersonKind
  readonly key: string
  readonly value: string
  readonly setKind: (kind: PersonKind) => void
  readonly setKey: (key: string) => void
  readonly setValue: (value: string) => void
  readonly clear: () => void
  /** Null: what is typed so far names nobody. */
  readonly subject: PersonSubject | null
}

/** The person that somebody types. */
export function usePerson(): Person {
  const [kind, setKind] = useState<PersonKind>('user')
  const [key, setKey] = useState('')
  const [value, setValue] = useState('')
  const parsed = PersonSubject.safeParse({ kind, value, ...(kind === 'attribute' ? { key } : {}) })
  const subject = parsed.success ? parsed.data : null
  return { kind, key, value, setKind, setKey, setValue, clear: () => setValue(''), subject }
}

/** Kind and name of a person, by which agents know them. */
export function PersonFields({ fields, onChange }: { readonly fields: Person; readonly onChange?: () => void }) {
  const { kind, key, value } = fields
  const change = (apply: () => void) => {
    onChange?.()
    apply()
  }
  return (
    <>
      <Select
        label="Known by"
        data={Object.entries(kinds).map(([name, { label }]) => ({ value: name, label }))}
        value={kind}
        onChange={(chosen) => change(() => isKind(chosen) && fields.setKind(chosen))}
        allowDeselect={false}
      />
      {kind === 'attribute' ? (
        <TextInput
          label="Name of the attribute"
          placeholder="crm.customer"
          value={key}
          onChange={({ currentTarget }) => change(() => fields.setKey(currentTarget.value))}
        />
      ) : null}
      <TextInput
        label={kinds[kind].label}
        description={kinds[kind].hint}
        value={value}
        maxLength={500}
        autoComplete="off"
        onChange={({ currentTarget }) => change(() => fields.setValue(currentTarget.value))}
      />
    </>
  )
}
