/** Verbs of tools that look and change nothing; the first verb in a tool's name that is known decides. */
const looking = new Set([
  'get',
  'search',
  'find',
  'list',
  'fetch',
  'query',
  'read',
  'view',
  'show',
  'check',
  'look',
  'lookup',
  'count',
  'describe',
  'calculate',
  'compute',
  'think',
  'can',
  'is',
  'has',
  'verify',
  'validate',
  'inspect',
  'run',
  'retrieve',
])
const changing = new Set([
  'book',
  'cancel',
  'update',
  'modify',
  'send',
  'return',
  'exchange',
  'create',
  'delete',
  'set',
  'toggle',
  'enable',
  'disable',
  'grant',
  'remove',
  'add',
  'insert',
  'write',
  'post',
  'put',
  'patch',
  'pay',
  'refund',
  'reset',
  'reboot',
  'install',
  'suspend',
  'resume',
  'change',
  'approve',
  'reject',
  'merge',
  'deploy',
  'execute',
  'submit',
  'save',
  'move',
])

const wordsOf = (name: string) =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)

const handOver = /transfer|escalat|hand[\s_-]?(?:over|off)/i

/** Whether a tool passes the work to a person or another agent, by its name. */
export function handsOver(toolName: string): boolean {
  return handOver.test(toolName)
}

/**
 * Whether a tool changes something, by the verb in its name: `cancel_reservation` does, `getOrder` does not. A tool
 * without a known verb counts as changing: to overlook a change is worse than to compare one look too many.
 */
export function changesState(toolName: string): boolean {
  if (handsOver(toolName)) return false
  const verb = wordsOf(toolName).find((word) => looking.has(word) || changing.has(word))
  return verb === undefined || !looking.has(verb)
}
