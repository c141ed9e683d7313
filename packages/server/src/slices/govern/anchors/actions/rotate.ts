import type { LedgerKeyList, LedgerKeyRotation } from '@metaagent/contract'
import type { z } from 'zod'
import { type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { passGate } from '../../approvals/index.ts'
import { ensureFirstOrganization } from '../../identity/index.ts'
import { ledgerKeys, readKeys, rotateKey } from '../../ledger/index.ts'

/**
 * Gives the deployment a new signing key, with an approval. Since every organization's log is signed with it, only the
 * first organization may: the one of whoever runs the deployment.
 */
export async function rotateSigningKey(
  deps: Deps,
  caller: Caller,
  { overlapDays, reason, expectedKeyNumber, approvalId }: z.output<typeof LedgerKeyRotation>,
): Promise<Result<z.input<typeof LedgerKeyList>>> {
  const { organizationId } = caller
  const operator = await ensureFirstOrganization(deps)
  if (operator.organizationId !== organizationId)
    return refuse(
      'not-allowed',
      'The key signs every organization’s log; an admin of the first organization rotates it.',
    )
  const rotated = await deps.store.transaction('deployment', async (tx) => {
    const [newest] = await ledgerKeys(tx)
    const keyNumber = newest?.keyNumber ?? 0
    if (keyNumber !== expectedKeyNumber)
      return refuse('precondition-failed', `The newest key has number ${keyNumber} by now. Read the keys again.`)
    const action = {
      operation: 'ledger.key.rotate',
      subject: 'ledger',
      environment: 'production',
      impact: 'HIGH' as const,
      parameters: { keyNumber, overlapDays, reason },
    }
    const passed = await tx.within({ organizationId }, (own) => passGate(deps, own, caller, action, approvalId ?? null))
    if (passed.ok) await rotateKey(deps, tx, caller, { overlapDays, reason })
    return passed
  })
  return rotated.ok ? await readKeys(deps, caller) : rotated
}
