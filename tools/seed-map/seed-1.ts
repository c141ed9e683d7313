import { built, row, seedOf } from './seed-name.ts'

const bus = (symbol: string) =>
  built('packages/sdk/src/qa-event-bus.ts', symbol, 'packages/server/src/app/qa-event-bus.test.ts')

/** Meta Agent v2: the executive control plane for quality. */
export const seed1 = seedOf(1, {
  'Purpose and Scope': ['Frontend', 'Backend', 'Architect', 'QA', 'Macro Orchestrator'].map((name) =>
    row(
      'value',
      name,
      built(
        'packages/server/config/governance_rules.json',
        name,
        'packages/server/src/slices/judge/arbitration/slice.test.ts',
      ),
    ),
  ),
  'Architecture Overview': [
    row(
      'class',
      'MetaAgent',
      built(
        'packages/server/src/slices/judge/coordination/actions/meta-agent.ts',
        'MetaAgent',
        'packages/server/src/slices/judge/coordination/slice.test.ts',
      ),
    ),
    row(
      'class',
      'TrustEngine',
      built(
        'packages/server/src/slices/judge/trust/actions/trust-engine.ts',
        'TrustEngine',
        'packages/server/src/slices/judge/trust/slice.test.ts',
      ),
    ),
    row(
      'class',
      'ArbitrationEngine',
      built(
        'packages/server/src/slices/judge/arbitration/actions/arbitration-engine.ts',
        'ArbitrationEngine',
        'packages/server/src/slices/judge/arbitration/slice.test.ts',
      ),
    ),
    row(
      'class',
      'DriftDetector',
      built(
        'packages/server/src/slices/judge/drift/actions/drift-detector.ts',
        'DriftDetector',
        'packages/server/src/slices/judge/drift/slice.test.ts',
      ),
    ),
    row(
      'class',
      'FallbackManager',
      built(
        'packages/server/src/slices/act/fallbacks/actions/fallback-manager.ts',
        'FallbackManager',
        'packages/server/src/slices/act/fallbacks/slice.test.ts',
      ),
    ),
    row(
      'class',
      'MacroDependencyManager',
      built(
        'packages/server/src/slices/act/playbooks/actions/dependency-manager.ts',
        'MacroDependencyManager',
        'packages/server/src/slices/act/playbooks/slice.test.ts',
      ),
    ),
    row('class', 'QAEventBus', bus('QAEventBus')),
    row('method', 'publish', bus('QAEventBus.publish'), 'QAEventBus.publish'),
    row('method', 'subscribe', bus('QAEventBus.subscribe'), 'QAEventBus.subscribe'),
    row('method', 'delivery metrics', bus('QAEventBus.deliveryMetrics'), 'QAEventBus.deliveryMetrics'),
    row(
      'file',
      'config/governance_rules.json',
      built(
        'packages/server/config/governance_rules.json',
        'packages/server/config/governance_rules.json',
        'packages/server/src/slices/govern/approvals/model/matrix.test.ts',
      ),
      'packages/server/config/governance_rules.json',
    ),
  ],
  'Data Flow': [
    ...['qa_success', 'qa_failure'].map((name) =>
      row(
        'event',
        name,
        built('packages/contract/src/events.ts', name, 'packages/server/src/slices/judge/judgments/slice.test.ts'),
      ),
    ),
    row(
      'event',
      'qa_arbitration',
      built(
        'packages/contract/src/events.ts',
        'qa_arbitration',
        'packages/server/src/slices/judge/arbitration/slice.test.ts',
      ),
    ),
    row(
      'event',
      'qa_drift',
      built('packages/contract/src/events.ts', 'qa_drift', 'packages/server/src/slices/judge/drift/slice.test.ts'),
    ),
    ...['macro_blocked', 'macro_unblocked'].map((name) =>
      row(
        'event',
        name,
        built('packages/contract/src/events.ts', name, 'packages/server/src/slices/act/playbooks/slice.test.ts'),
      ),
    ),
    row(
      'field',
      'correlation ID',
      built(
        'packages/contract/src/journal.ts',
        'JournalEvent.correlationId',
        'packages/server/src/slices/govern/journal/slice.test.ts',
      ),
      'JournalEvent.correlationId',
    ),
    row(
      'value',
      'success/pass/fail',
      built(
        'packages/server/src/slices/judge/judgments/model/status-words.ts',
        'success',
        'packages/server/src/slices/judge/judgments/model/status-words.test.ts',
      ),
      'status synonyms',
    ),
    row(
      'value',
      'trust × governance priority',
      built(
        'packages/contract/src/arbitration.ts',
        'trust-priority',
        'packages/server/src/slices/judge/arbitration/model/governing.test.ts',
      ),
      'trust-priority',
    ),
    row(
      'value',
      'confidence gap',
      built(
        'packages/contract/src/arbitration.ts',
        'confidenceGap',
        'packages/server/src/slices/judge/arbitration/slice.test.ts',
      ),
      'confidenceGap',
    ),
  ],
  'Governance Integration': [
    row(
      'default',
      'logs/arbitrations.jsonl',
      built('packages/server/src/app/config.ts', 'logs/arbitrations.jsonl', 'packages/server/src/app/config.test.ts'),
    ),
    row(
      'event',
      'qa_arbitration_log_error',
      built(
        'packages/contract/src/events.ts',
        'qa_arbitration_log_error',
        'packages/server/src/slices/judge/arbitration/slice.test.ts',
      ),
    ),
    ...['QA.md', 'AGENTS.md'].map((name) =>
      row(
        'value',
        name,
        built(
          'packages/server/src/slices/judge/amendments/actions/governed.ts',
          name,
          'packages/server/src/slices/judge/amendments/slice.test.ts',
        ),
      ),
    ),
  ],
  Extensibility: ['qa_warning', 'qa_exemption'].map((name) =>
    row(
      'event',
      name,
      built(
        'packages/contract/src/events.ts',
        name,
        'packages/server/src/slices/judge/judgments/actions/receive.test.ts',
      ),
    ),
  ),
})
