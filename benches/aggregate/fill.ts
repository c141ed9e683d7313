const actionsPerExecution = 10

/** Where rows go: whose they are, by which agents. */
export interface FillTarget {
  readonly organizationId: string
  readonly agentIds: readonly string[]
}

/**
 * Statements that store one UTC day of runs with ten steps each, as ingest would have: rows, minutes, hours, histograms, costs.
 * A twentieth fails; durations are spread over three orders of magnitude; nine steps in ten are priced model calls.
 */
export function fillStatements(
  { organizationId, agentIds }: FillTarget,
  day: string,
  actions: number,
): readonly string[] {
  const executions = Math.ceil(actions / actionsPerExecution)
  const agents = `(array[${agentIds.map((id) => `'${id}'`).join(', ')}]::uuid[])`
  const of = `'${organizationId}'::uuid`
  const stepMs = 86_000_000 / executions
  // Everything follows from the number of the run, so that a fill can be repeated.
  // In ascending order, so that filling does not take longer than measuring.
  const dayNumber = Math.floor(Date.parse(day) / 86_400_000)
  const run = (number: string) => `lpad(to_hex(${dayNumber}::int8 * 100000000 + ${number}), 32, '0')::uuid`
  const agent = (number: string) => `${agents}[1 + ${number} % ${agentIds.length}]`
  const start = (number: string) =>
    `(timestamptz '${day} 00:00:00+00' + ${number} * interval '${stepMs.toFixed(3)} ms')`
  const durationMs = (number: string) => `(100 * power(10, (${number} * 7919 % 1000) / 500.0))`
  const end = (number: string) => `(${start(number)} + ${durationMs(number)} * interval '1 ms')`
  const environment = (number: string) => `case when ${number} % 4 = 0 then 'staging' else 'production' end`
  const status = (number: string) => `case when ${number} % 20 = 0 then 'failure' else 'success' end`
  const bucket = `case when ms <= 1 then 0 else ceil(ln(ms) / ln(1.01 / 0.99) - 1e-9)::int2 end`
  const rollups = (grain: 'minute' | 'hour' | 'day') => `
    insert into agent_rollups (organization_id, agent_id, environment, release_id, grain, start_at, successes, failures,
      cancelled, actions, action_errors, llm_calls, tool_calls, tool_errors, input_tokens, output_tokens, cost_nano_usd,
      priced_calls, unpriced_calls)
    select organization_id, agent_id, environment, '', '${grain}', date_trunc('${grain}', ended_at, 'UTC'),
      count(*) filter (where status = 'success'), count(*) filter (where status = 'failure'), 0, sum(actions),
      sum(action_errors), sum(llm_calls), sum(tool_calls), sum(action_errors), sum(input_tokens), sum(output_tokens),
      sum(cost_nano_usd), sum(priced_calls), 0
    from agent_executions where organization_id = ${of} and started_on = '${day}' group by 1, 2, 3, 6`
  const latencies = (grain: 'minute' | 'hour' | 'day') => `
    insert into agent_rollup_latencies (organization_id, agent_id, environment, release_id, grain, start_at, bucket, executions)
    select organization_id, agent_id, environment, '', '${grain}', start_at, ${bucket}, count(*) from (
      select organization_id, agent_id, environment, date_trunc('${grain}', ended_at, 'UTC') as start_at,
        extract(epoch from ended_at - started_at)::float8 * 1000 as ms
      from agent_executions where organization_id = ${of} and started_on = '${day}') ended
    group by 1, 2, 3, 6, 7`
  const ofDay = (grain: 'minute' | 'hour' | 'day') => `organization_id = ${of} and grain = '${grain}'
    and start_at >= timestamptz '${day} 00:00:00+00' and start_at < timestamptz '${day} 00:00:00+00' + interval '1 day'`
  return [
    `select metaagent_ensure_day_partitions('agent_executions', array['${day}']::date[]),
       metaagent_ensure_day_partitions('agent_execution_logs', array['${day}']::date[])`,
    `insert into agent_executions (organization_id, started_on, execution_id, agent_id, environment, evidence, report_rank,
       status, started_at, ended_at, end_reason, conversation_id, unit, synthetic, masked, attributes, first_action_on,
       last_action_on, unsettled, actions, llm_calls, tool_calls, action_errors, input_tokens, output_tokens,
       cost_nano_usd, priced_calls, unpriced_calls)
     select ${of}, '${day}', ${run('n')}, ${agent('n')}, ${environment('n')}, 'fill', 3, ${status('n')}, ${start('n')},
       ${end('n')}, case when n % 400 = 0 then 'max_steps' end, '${day} ' || n / 5, 'unit ' || n % 1000, false, 0,
       json_build_object('tenant', 'tenant ' || n % 50), '${day}', '${day}', false, ${actionsPerExecution}, 9, 1,
       (n % 20 = 0)::int, 9000, 900, 9 * 2800000, 9, 0
     from generate_series(1, ${executions}) n`,
    `insert into agent_execution_logs (organization_id, started_on, execution_id, action_id, source, agent_id, environment,
       own_agent, own_release, own_environment, kind, name, status, started_at, ended_at, provider, model, input_tokens,
       output_tokens, counted, cost_nano_usd, attributes, masked)
     select organization_id, started_on, execution_id, int8send(step::int8 + 1), 'fill', agent_id, environment, true, false,
       true, case when step = 0 then 'tool' else 'llm' end, 'step', case when step = 0 then status else 'success' end,
       started_at, ended_at, case when step > 0 then 'openai' end, case when step > 0 then 'gpt-4.1' end,
       case when step > 0 then 1000 end, case when step > 0 then 100 end, true, case when step > 0 then 2800000 end,
       '{"gen_ai.system":"openai","gen_ai.request.model":"gpt-4.1","server.address":"api.example"}', 0
     from (select * from agent_executions where organization_id = ${of} and started_on = '${day}') runs,
       generate_series(0, ${actionsPerExecution - 1}) step`,
    rollups('minute'),
    rollups('hour'),
    rollups('day'),
    latencies('minute'),
    latencies('hour'),
    latencies('day'),
    `insert into cost_rollups (organization_id, start_at, agent_id, environment, release_id, provider, model, priced_calls,
       unpriced_calls, input_tokens, output_tokens, unpriced_tokens, cost_nano_usd, reported_calls, reported_nano_usd,
       compared_calls, compared_cost_nano_usd, compared_reported_nano_usd)
     select organization_id, date_bin('15 minutes', start_at, 'epoch') as start_at, agent_id, environment, '', 'openai',
       'gpt-4.1', sum(priced_calls), 0, sum(input_tokens), sum(output_tokens), 0, sum(cost_nano_usd), 0, 0, 0, 0, 0
     from agent_rollups where ${ofDay('minute')} group by 1, 2, 3, 4`,
    // So that the job finds the day and computes its metrics.
    `insert into agent_rollup_changes (organization_id, agent_id, hour_at, changed_xid)
     select distinct organization_id, agent_id, start_at, pg_current_xact_id() from agent_rollups where ${ofDay('hour')}
     on conflict (organization_id, agent_id, hour_at) do update set changed_xid = excluded.changed_xid`,
  ]
}
