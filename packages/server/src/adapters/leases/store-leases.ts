import { sql } from 'kysely'
import type { Leases } from '../../ports/leases.ts'
import type { Store } from '../../ports/store.ts'

interface LeaseTables {
  leases: { name: string; holder: string; held_until: Date }
}

/** Leases in the deployment's own database, judged by its clock. */
export function createStoreLeases(store: Store): Leases {
  return {
    hold: async (name, holder, ttlMs) =>
      await store.transaction('deployment', async (tx) => {
        const { rows } = await sql`
          insert into leases as kept (name, holder, held_until)
          values (${name}, ${holder}, now() + ${ttlMs}::int * interval '1 millisecond')
          on conflict (name) do update set holder = excluded.holder, held_until = excluded.held_until
          where kept.holder = excluded.holder or kept.held_until < now()
          returning name`.execute(tx.tables<LeaseTables>())
        return rows.length === 1
      }),
    release: async (name, holder) => {
      await store.transaction('deployment', async (tx) => {
        await tx
          .tables<LeaseTables>()
          .deleteFrom('leases')
          .where('name', '=', name)
          .where('holder', '=', holder)
          .execute()
      })
    },
  }
}
