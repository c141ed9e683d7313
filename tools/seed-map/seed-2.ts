import { row, rows, seedOf } from './seed-name.ts'

const observe = 'Observe, in full'
const improve = 'Improve'
const control = 'Control at run time'

/** Sentinel: the agent observability and improvement platform. */
export const seed2 = seedOf(2, {
  'Vision & Goals': [
    row('default', 'Agent Reliability: success rate >98%', observe, 'success rate > 98 %'),
    row('default', 'Cost Efficiency: <$0.05 per successful execution', observe, 'cost per success < $0.05'),
    row('default', 'Response Time: P95 <3 seconds', observe, 'P95 latency < 3 s'),
    row('default', 'Improvement Velocity: >10 a month', improve, 'deployed improvements > 10 a month'),
    row('default', 'Learning Retention: >80%', improve, 'cross-agent application rate > 80 %'),
  ],
  'Tech Stack': [
    row('default', 'text-embedding-3-small', observe),
    row('environment', 'Sentry', 'Beyond one machine', 'SENTRY_DSN'),
  ],
  'System Components': [
    row('class', 'AgentLogger', observe),
    row('file', 'LangGraph Hooks', observe, 'packages/sdk/src/langchain.ts'),
    row('integration', 'Webhook Receivers', observe, '/api/v1/webhooks'),
    row('integration', 'Real-time Monitor', observe, 'healthSlice'),
    row('integration', 'Daily Aggregator', observe),
    row('integration', 'Weekly Evaluator', improve),
    row('integration', 'Improvement Pipeline', improve),
    row('integration', 'WebSocket Updates', 'Govern what agents make'),
  ],
  'Database Schema Overview': [
    ...rows(
      'table',
      ['agent_registry', 'agent_execution_logs', 'agent_performance_metrics', 'agent_health_realtime'],
      observe,
    ),
    ...rows(
      'table',
      ['agent_slas', 'sla_compliance', 'alert_history', 'agent_dependencies', 'execution_embeddings'],
      observe,
    ),
    ...rows('table', ['agent_prompts', 'prompt_library', 'prompt_library_usage', 'evaluation_reports'], improve),
    ...rows(
      'table',
      ['improvement_proposals', 'ab_tests', 'shadow_tests', 'canary_deployments', 'learning_log'],
      improve,
    ),
    ...rows('table', ['cost_budgets', 'model_routing_rules', 'circuit_breaker_state'], control),
  ],
  'Integration Points': rows(
    'integration',
    [
      'ColdForge',
      'Agency PM',
      'LangGraph Agents',
      'n8n Workflows',
      'Slack',
      'ClickUp',
      'SMTP/SendGrid',
      'Agency PM Dashboard',
    ],
    observe,
  ),
  'Security & Compliance': [
    row('value', 'organization_id', observe),
    row('integration', 'JWT tokens', observe),
    ...rows('value', ['admin', 'developer', 'viewer'], observe),
  ],
})
