import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeOnStores } from '../testkit/database.ts'
import { startTestServer, type TestServer } from '../testkit/test-server.ts'
import { slices } from './slices.ts'

const declared = slices.flatMap((slice) => slice.retained ?? [])

/** Tables with an organization and a time that no time ends, and why. */
const keptForGood: Readonly<Record<string, string>> = {
  ...reason('the journal and the ledger are never shortened', [
    'journal_events',
    'journal_dead_letters',
    'ledger_entries',
    'ledger_checkpoints',
    'ledger_halts',
    'ledger_signatures',
  ]),
  ...reason('decisions and what they rested on: evidence', [
    'approval_requests',
    'approval_votes',
    'release_comparisons',
    'amendments',
    'amendment_revisions',
    'amendment_alarms',
    'privacy_deletions',
    'privacy_legal_holds',
    'privacy_access_exports',
    'trust_retirements',
    'specialist_versions',
    'specialist_moves',
  ]),
  ...reason('every version of a setting: one row a change, read by whoever asks why something was so', [
    'governance_rules',
    'arbitration_rules',
    'arbitration_policies',
    'tunable_values',
    'masking_settings',
    'gateway_rules',
    'drift_settings',
    'qa_status_words',
    'agent_sla_versions',
    'alert_rules',
    'alert_policies',
    'model_prices',
    'macro_versions',
    'fallback_policy_versions',
    'document_versions',
    'organization_policies',
  ]),
  ...reason('one row a thing that people made or that was registered, and rows hang on it', [
    'anchors',
    'custom_roles',
    'witness_keys',
    'witnessed_logs',
    'organizations',
    'users',
    'api_keys',
    'trusted_issuers',
    'journal_sources',
    'agent_registry',
    'environments',
    'releases',
    'agent_slas',
    'agent_dependencies',
    'alert_channels',
    'probes',
    'webhook_sources',
    'saved_views',
    'macros',
    'projects',
    'fallback_policies',
    'specialists',
    'specialist_listings',
    'foreign_cards',
    'chaos_experiments',
    'governed_documents',
    'subject_keys',
    'masking_tokens',
  ]),
  ...reason('goes by itself: its own slice ends it', [
    'sessions',
    'sign_in_links',
    'unsealed_words',
    'artifact_versions',
    'word_segments',
    'privacy_deletion_executions',
    'trust_journal',
    'trust_snapshots',
  ]),
  ...reason('one row of present state each, written over', [
    'agent_health_realtime',
    'group_health_realtime',
    'sla_cursors',
    'drift_cursors',
    'drift_streams',
    'macro_dependencies',
    'alert_groups',
    'alert_told',
    'alert_watch',
    'answer_samples',
    'arbitration_metrics',
    'arbitration_rules_file',
    'arbitration_log_cursors',
    'retention_state',
    'trust_evidence',
    'trust_metrics',
  ]),
}

function reason(why: string, tables: readonly string[]): Record<string, string> {
  return Object.fromEntries(tables.map((table) => [table, why]))
}

describeOnStores('what is kept for a time', (kind) => {
  let server: TestServer
  let columns: ReadonlyMap<string, readonly { readonly column: string; readonly type: string }[]>
  beforeAll(async () => {
    server = await startTestServer(kind)
    columns = await server.testStore.owner.migrate(async (owner) => {
      const rows = await owner.query<{ table: string; column: string; type: string }>(
        `select c.relname::text as table, a.attname::text as column, a.atttypid::regtype::text as type
         from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition`,
      )
      return Map.groupBy(rows, ({ table }) => table)
    })
  })
  afterAll(async () => await server.close())

  const named = new Set(
    declared.flatMap(({ name, table, goesWith = [] }) => [table ?? name, ...goesWith.map((one) => one.table)]),
  )

  test('every table with an organization and a time is declared by its slice, or is kept for good for a reason', () => {
    const timed = [...columns].filter(
      ([, all]) =>
        all.some(({ column }) => column === 'organization_id') &&
        all.some(({ type }) => type === 'date' || type.startsWith('timestamp')),
    )
    expect(timed.length).toBeGreaterThan(40)
    const open = timed.map(([table]) => table).filter((table) => !named.has(table) && !(table in keptForGood))
    expect(open, 'declare them in Slice.retained, or give the reason above').toEqual([])
    expect([...named].filter((table) => table in keptForGood)).toEqual([])
  })

  test('what is declared is there: tables, columns of the type, a default that may be set', () => {
    for (const one of declared) {
      const { by, name, table = name, goesWith = [] } = one
      const type = { day: 'date', date: 'date', time: 'timestamp with time zone' }[by.kind]
      const own = by.kind === 'day' ? 'started_on' : by.column
      for (const part of [{ table }, ...goesWith]) {
        const column = 'column' in part && part.column !== undefined ? part.column : own
        expect(columns.get(part.table), part.table).toContainEqual({ table: part.table, column, type })
      }
      expect(one.defaultDays).toBeGreaterThanOrEqual(one.minimumDays)
    }
  })
})
