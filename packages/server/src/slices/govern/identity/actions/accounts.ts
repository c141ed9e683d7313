import type { User } from '@metaagent/contract'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { userByEmailIndex } from '../store/users.ts'
import { emailIndex } from './digests.ts'
import { describeUser } from './users.ts'

/** The account of an address with its opened fields; null: nobody has one. For whoever may answer a request for access. */
export async function accountOf(deps: Deps, tx: Tx, email: string): Promise<User | null> {
  const row = await userByEmailIndex(tx, emailIndex(deps, email))
  return row === null ? null : await describeUser(deps, tx, row)
}
