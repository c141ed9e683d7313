import type { ApprovalRequest } from '@metaagent/contract'

type Asked = Pick<ApprovalRequest, 'operation' | 'subject' | 'parameters' | 'environment'>

/** What somebody wants to do, as a sentence; what has no words of its own is told by its operation. */
export function sentenceOf(request: Asked): string {
  const { operation, subject, environment } = request
  const of = Object(request.parameters)
  const name = subject.slice(subject.indexOf('/') + 1)
  const known = sentences[operation]?.(of, name)
  const where = environment === 'production' ? '' : ` In ${environment}.`
  return `${known ?? `Do “${operation}” on ${subject}.`}${where}`
}

type Values = Readonly<Record<string, unknown>>

const sentences: Readonly<Record<string, (of: Values, name: string) => string>> = {
  'amendments.ratify': (of) =>
    `Put the amendment “${of['title']}” in force: ${of['document']} would change in ${lines(of)} and become version ${Number(of['baseVersion']) + 1}.`,
  'approvals.rules.change': () => 'Change the governance rules, which say what needs whose approval.',
  'arbitration.policy.change': (of, name) =>
    `Arbitrate ${of['metric'] ?? name} by ${shown(of['to'])} instead of ${shown(of['from'])}.`,
  'arbitration.rules.change': () => 'Change the priorities and vetoes by which verdicts are arbitrated.',
  'chaos.run': (of, name) =>
    `Run the chaos experiment ${name} (${of['injection']})${of['live'] === true ? ', with what it calls called for real' : ''}.`,
  'chaos.save': (_, name) => `Save the chaos experiment ${name}.`,
  'drift.settings.change': () => 'Change how streams are watched for drift.',
  'fallbacks.remove': (_, name) => `Remove the fallback policy ${name}.`,
  'fallbacks.save': (_, name) => `Save the fallback policy ${name}.`,
  'judgments.status-words.change': (of) => `Change how words of judges are read: ${of['because']}`,
  'masking.change': (of, name) => `Change what is masked${name === 'masking' ? '' : ` of ${name}`}: ${of['because']}`,
  'playbooks.macro.run': (of, name) => `Run the macro ${name}, version ${of['version']}, by hand.`,
  'playbooks.macro.save': (of, name) =>
    `Save the macro ${name}${of['enabled'] === true ? ', which may run then' : ', switched off'}: ${of['because']}`,
  'playbooks.step.confirm': (of) => `${of['question']} (macro ${of['macro']}, step ${of['step']})`,
  'privacy.delete': () => 'Delete all data of one person, which cannot be undone.',
  'rollouts.promote': (of, name) => `Promote ${of['release'] ?? name} of ${of['agent'] ?? 'its agent'}.`,
  'tunables.change': (of, name) => `Set ${name} to ${shown(of['value'] ?? of['to'])}.`,
}

function lines(of: Values): string {
  return `+${of['added']} −${of['removed']} lines`
}

function shown(value: unknown): string {
  return value === undefined ? 'something else' : typeof value === 'string' ? value : JSON.stringify(value)
}
