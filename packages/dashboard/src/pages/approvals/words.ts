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
  'tunables.change': (of, name) => `Change ${of['key'] ?? name} from ${shown(of['from'])} to ${shown(of['to'])}.`,
  'masking.change': (of, name) => `Store more in clear${name === 'masking' ? '' : ` of ${name}`}: ${of['because']}`,
  'rollouts.promote': (of, name) => `Promote ${of['release'] ?? name} of ${of['agent'] ?? 'its agent'}.`,
  'arbitration.rules.change': () => 'Change the priorities and vetoes by which verdicts are arbitrated.',
  'qa.status-words.change': () => 'Change the words that judges’ verdicts are read by.',
  'drift.settings.change': () => 'Change how streams are watched for drift.',
}

function lines(of: Values): string {
  return `+${of['added']} −${of['removed']} lines`
}

function shown(value: unknown): string {
  return value === undefined ? 'what it is' : JSON.stringify(value)
}
