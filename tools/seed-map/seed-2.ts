import { built, row, rows, seedOf } from './seed-name.ts'

const observe = 'Observe, in full'
const improve = 'Improve'
const control = 'Control at run time'

const identity = 'packages/server/src/slices/govern/identity'
const alerts = 'packages/server/src/slices/observe/alerts'
const notify = 'packages/server/src/adapters/notify'
const webhooks = 'packages/server/src/slices/observe/webhooks'
const webhookExamples = `${webhooks}/actions/examples.test.ts`
const health = 'packages/server/src/slices/observe/health'
const metrics = 'packages/server/src/slices/observe/metrics'
const langGraph = built(
  'packages/sdk/src/langchain/callback-handler.ts',
  'MetaAgentCallbackHandler',
  'packages/server/src/testkit/clients/langgraph.test.ts',
)
const target = (symbol: string) => built(`${health}/model/score.ts`, symbol, `${health}/model.test.ts`)
const table = (slice: string, name: string) =>
  built(`packages/server/src/slices/${slice}/schema.sql`, name, `packages/server/src/slices/${slice}/slice.test.ts`)

/** Sentinel: the agent observability and improvement platform. */
export const seed2 = seedOf(2, {
  'Vision & Goals': [
    row('default', 'Agent Reliability: success rate >98%', target('successTarget: 0.98'), 'success rate > 98 %'),
    row(
      'default',
      'Cost Efficiency: <$0.05 per successful execution',
      target('costPerSuccessTargetNanoUsd: 50_000_000'),
      'cost per success < $0.05',
    ),
    row('default', 'Response Time: P95 <3 seconds', target('latencyP95TargetMs: 3_000'), 'P95 latency < 3 s'),
    row('default', 'Improvement Velocity: >10 a month', improve, 'deployed improvements > 10 a month'),
    row('default', 'Learning Retention: >80%', improve, 'cross-agent application rate > 80 %'),
  ],
  'Tech Stack': [
    row(
      'default',
      'text-embedding-3-small',
      built(
        'packages/server/src/app/config.ts',
        "METAAGENT_EMBEDDINGS_MODEL: z.string().default('text-embedding-3-small')",
        'packages/server/src/app/config.test.ts',
      ),
    ),
    row('environment', 'Sentry', 'Beyond one machine', 'SENTRY_DSN'),
  ],
  'System Components': [
    row(
      'class',
      'AgentLogger',
      built('packages/sdk/src/agent-logger.ts', 'AgentLogger', 'packages/sdk/src/agent-logger.test.ts'),
    ),
    row('file', 'LangGraph Hooks', langGraph, 'packages/sdk/src/langchain/callback-handler.ts'),
    row(
      'integration',
      'Webhook Receivers',
      built(`${webhooks}/routes.ts`, '/api/v1/webhooks', `${webhooks}/slice.test.ts`),
      '/api/v1/webhooks',
    ),
    row(
      'integration',
      'Real-time Monitor',
      built(`${health}/index.ts`, 'healthSlice', `${health}/slice.test.ts`),
      'healthSlice',
    ),
    row(
      'integration',
      'Daily Aggregator',
      built(`${metrics}/index.ts`, 'metricsSlice', `${metrics}/slice.test.ts`),
      'metricsSlice',
    ),
    row('integration', 'Weekly Evaluator', improve),
    row('integration', 'Improvement Pipeline', improve),
    row(
      'integration',
      'WebSocket Updates',
      built(
        'packages/server/src/http/event-sockets.ts',
        'EventSockets',
        'packages/server/src/http/event-sockets.test.ts',
      ),
      'EventSockets',
    ),
  ],
  'Database Schema Overview': [
    row('table', 'agent_registry', table('observe/registry', 'agent_registry')),
    row('table', 'agent_execution_logs', table('observe/telemetry', 'agent_execution_logs')),
    row('table', 'agent_health_realtime', table('observe/health', 'agent_health_realtime')),
    row('table', 'agent_performance_metrics', table('observe/metrics', 'agent_performance_metrics')),
    row('table', 'agent_slas', table('observe/slas', 'agent_slas')),
    row('table', 'sla_compliance', table('observe/slas', 'sla_compliance')),
    row('table', 'execution_embeddings', table('observe/search', 'execution_embeddings')),
    row('table', 'alert_history', table('observe/alerts', 'alert_history')),
    row('table', 'agent_dependencies', table('observe/dependencies', 'agent_dependencies')),
    ...rows('table', ['agent_prompts', 'prompt_library', 'prompt_library_usage', 'evaluation_reports'], improve),
    ...rows(
      'table',
      ['improvement_proposals', 'ab_tests', 'shadow_tests', 'canary_deployments', 'learning_log'],
      improve,
    ),
    ...rows('table', ['cost_budgets', 'model_routing_rules', 'circuit_breaker_state'], control),
  ],
  'Integration Points': [
    row('integration', 'Slack', built(`${notify}/slack.ts`, 'sendToSlack', `${alerts}/slice.test.ts`), 'sendToSlack'),
    row(
      'integration',
      'ClickUp',
      built(`${notify}/clickup.ts`, 'sendToClickUp', `${alerts}/slice.test.ts`),
      'sendToClickUp',
    ),
    row('integration', 'SMTP/SendGrid', built(`${notify}/email.ts`, 'sendMail', `${alerts}/slice.test.ts`), 'sendMail'),
    row('integration', 'ColdForge', built('examples/webhooks/coldforge.json', 'ColdForge', webhookExamples)),
    row('integration', 'Agency PM', built('examples/webhooks/agency-pm.json', 'Agency PM', webhookExamples)),
    row(
      'integration',
      'n8n Workflows',
      built(`${webhooks}/model/n8n-execution.ts`, 'mapN8nExecution', `${webhooks}/actions/kinds.test.ts`),
      'mapN8nExecution',
    ),
    row('integration', 'LangGraph Agents', langGraph, 'MetaAgentCallbackHandler'),
    ...rows('integration', ['Agency PM Dashboard'], observe),
  ],
  'Security & Compliance': [
    row(
      'value',
      'organization_id',
      built(
        'packages/server/src/slices/govern/journal/schema.sql',
        'organization_id',
        'packages/server/src/app/access-matrix.test.ts',
      ),
    ),
    row(
      'integration',
      'JWT tokens',
      built(`${identity}/actions/tokens.ts`, 'callerOfJwt', `${identity}/actions/tokens.test.ts`),
    ),
    ...['admin', 'developer', 'viewer'].map((role) =>
      row(
        'value',
        role,
        built(
          'packages/contract/src/access.ts',
          `'${role}'`,
          'packages/server/src/slices/govern/identity/model/rights.test.ts',
        ),
      ),
    ),
  ],
})
