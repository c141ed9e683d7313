import { useQuery } from '@tanstack/react-query'
import { queries } from '../api/queries.ts'
import { Explained } from './value.tsx'

const kinds: Readonly<Record<string, string>> = {
  user: 'user',
  api_key: 'API key',
  token: 'token',
  system: 'MetaAgent',
  source: 'source',
}

/** Who did something, from the contract's `kind:id` (or a bare name). Oneself is “you”; ids are shortened. */
export function Actor({ name }: { readonly name: string }) {
  const me = useQuery(queries.me()).data
  const [, kind = '', id = ''] = /^(user|api_key|token|system|source):(.+)$/.exec(name) ?? []
  const own = me?.user ?? null
  if (own !== null && (id === own.userId || name === own.userId)) {
    return <Explained tip={name}>you{own.displayName === null ? '' : ` (${own.displayName})`}</Explained>
  }
  if (kind === '') return name
  return (
    <Explained tip={name}>
      {kinds[kind]} {/^[0-9a-f-]{36}$/.test(id) ? `${id.slice(0, 4)}…${id.slice(-4)}` : id}
    </Explained>
  )
}
