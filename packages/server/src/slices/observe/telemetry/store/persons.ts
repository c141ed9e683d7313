import { type RawBuilder, sql } from 'kysely'
import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'

/** How a person is named in what agents report; `values` holds the name itself and the tokens that may stand for it. */
export interface PersonMatch {
  readonly kind: 'user' | 'email' | 'conversation' | 'attribute'
  /** Attributes that may hold the name; empty where it is looked for in all texts. */
  readonly attributes: readonly string[]
  readonly values: readonly string[]
  /** Only what began before. */
  readonly before: Instant
}

const idsOf = (rows: readonly { readonly id: string }[]) => rows.map(({ id }) => id.replaceAll('-', ''))

/** Executions whose unit or conversation is the person, through the indexes. */
export async function executionsByIndex(tx: Tx, { kind, values, before }: PersonMatch): Promise<readonly string[]> {
  const found = new Set<string>()
  for (const column of columnsOf[kind]) {
    const { rows } = await sql<{ id: string }>`
      select execution_id as id from agent_executions
      where organization_id = ${tx.organizationId}::uuid and ${sql.ref(column)} = any(${[...values]}::text[])
        and ${sql.ref(column)} is not null and started_at <= ${new Date(before)}::timestamptz`.execute(tx.tables())
    for (const id of idsOf(rows)) found.add(id)
  }
  return [...found]
}

const columnsOf: Readonly<Record<PersonMatch['kind'], readonly string[]>> = {
  user: ['unit'],
  email: ['unit', 'conversation_id'],
  conversation: ['conversation_id'],
  attribute: [],
}

/** The first day with runs or steps behind a day; null: there is none. */
export async function dayBehind(tx: Tx, day: string | null): Promise<string | null> {
  const next = async (table: string) => {
    const { rows } = await sql<{ day: string | null }>`
      select min(started_on) as day from ${sql.table(table)} where organization_id = ${tx.organizationId}::uuid
        ${day === null ? sql`` : sql`and started_on > ${day}::date`}`.execute(tx.tables())
    return rows[0]?.day ?? null
  }
  const days = [await next('agent_executions'), await next('agent_execution_logs')].filter((one) => one !== null)
  return days.toSorted()[0] ?? null
}

/** Executions of which a run or a step of a day names the person in its attributes or, without any given, in a text. */
export async function executionsOnDay(tx: Tx, match: PersonMatch, day: string): Promise<readonly string[]> {
  const named = match.attributes.length > 0 ? namedInAttributes(match) : namedInTexts(match)
  const isUser = match.kind === 'user' || match.kind === 'email'
  // The user whom spans of a run name, in whatever vocabulary; no index, since few ask.
  const namedOfRun = isUser ? sql`${named} or user_id = any(${[...match.values]}::text[])` : named
  const of = (table: string, condition: RawBuilder<unknown>) => sql`
    select execution_id as id from ${sql.table(table)}
    where organization_id = ${tx.organizationId}::uuid and started_on = ${day}::date
      and started_at <= ${new Date(match.before)}::timestamptz and (${condition})`
  const [runs, steps] = [of('agent_executions', namedOfRun), of('agent_execution_logs', named)]
  const { rows } = await sql<{ id: string }>`${runs} union ${steps}`.execute(tx.tables())
  return idsOf(rows)
}

/** A look at the text first: taking JSON apart costs ten times as much. */
function namedInAttributes({ attributes, values }: PersonMatch): RawBuilder<unknown> {
  const texts = values.map((value) => sql`position(${JSON.stringify(value)} in attributes::text) > 0`)
  const equal = attributes.map((key) => sql`attributes ->> ${key} = any(${[...values]}::text[])`)
  return sql`attributes is not null and (${sql.join(texts, sql` or `)}) and (${sql.join(equal, sql` or `)})`
}

function namedInTexts({ values }: PersonMatch): RawBuilder<unknown> {
  const places = ['attributes', 'input', 'output', 'error_message'].flatMap((column) =>
    values.map(
      (value) =>
        sql`position(${JSON.stringify(value).slice(1, -1).toLowerCase()} in lower(${sql.ref(column)}::text)) > 0`,
    ),
  )
  return sql.join(places, sql` or `)
}

/** The days on which executions and their steps lie, and when the first and the last of them began. */
export async function extentOf(
  tx: Tx,
  executionIds: readonly string[],
): Promise<{ readonly days: readonly string[]; readonly first: Instant | null; readonly last: Instant | null }> {
  const { rows } = await sql<{ from: string; to: string; first: Date; last: Date }>`
    select min(least(started_on, first_action_on)) as from, max(greatest(started_on, last_action_on)) as to,
      min(started_at) as first, max(started_at) as last
    from agent_executions where organization_id = ${tx.organizationId}::uuid
      and execution_id = any(${[...executionIds]}::uuid[])
    group by started_on, first_action_on, last_action_on`.execute(tx.tables())
  const days = new Set<string>()
  for (const { from, to } of rows)
    for (let at = Date.parse(from); at <= Date.parse(to); at += 86_400_000)
      days.add(new Date(at).toISOString().slice(0, 10))
  const times = rows.flatMap(({ first, last }) => [first.getTime(), last.getTime()])
  return {
    days: [...days].toSorted(),
    first: times.length === 0 ? null : instantFromEpochMs(Math.min(...times)),
    last: times.length === 0 ? null : instantFromEpochMs(Math.max(...times)),
  }
}

/** Tokens of masked values that stand in the texts of executions and their steps. */
export async function tokensInTexts(
  tx: Tx,
  executionIds: readonly string[],
  days: readonly string[],
): Promise<readonly string[]> {
  const of = (table: string) => sql`
    select concat_ws(' ', input::text, output::text, attributes::text, error_message) as text from ${sql.table(table)}
    where organization_id = ${tx.organizationId}::uuid and started_on = any(${[...days]}::date[])
      and execution_id = any(${[...executionIds]}::uuid[])`
  const { rows } = await sql<{ token: string }>`
    select distinct found[1] as token
    from (${of('agent_executions')} union all ${of('agent_execution_logs')}) texts,
      regexp_matches(text, '\\[token:[a-z_]{1,40}:[a-zA-Z]{22}\\]', 'g') as found order by 1`.execute(tx.tables())
  return rows.map(({ token }) => token)
}

/** Those of these executions that an agent's or a time's hold keeps; null asks for nothing. */
export async function heldAmong(
  tx: Tx,
  executionIds: readonly string[],
  days: readonly string[],
  held: { readonly agentId: string | null; readonly from: Instant | null; readonly to: Instant | null },
): Promise<readonly string[]> {
  const of = (table: string) => sql`
    select execution_id as id from ${sql.table(table)}
    where organization_id = ${tx.organizationId}::uuid and started_on = any(${[...days]}::date[])
      and execution_id = any(${[...executionIds]}::uuid[])
      ${held.agentId === null ? sql`` : sql`and agent_id = ${held.agentId}::uuid`}
      ${held.from === null ? sql`` : sql`and started_at >= ${new Date(held.from)}::timestamptz`}
      ${held.to === null ? sql`` : sql`and started_at < ${new Date(held.to)}::timestamptz`}`
  const { rows } = await sql<{ id: string }>`
    ${of('agent_executions')} union ${of('agent_execution_logs')}`.execute(tx.tables())
  return idsOf(rows)
}
