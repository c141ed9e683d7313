import { pinoLog } from '../../adapters/system/pino-log.ts'
import {
  type Config,
  ConfigError,
  describeEnvironment,
  readConfig,
  type ServeOptions,
  type Setting,
  unreadNames,
  withOptions,
} from '../config.ts'
import { examineDeployment } from '../doctor/examine.ts'
import { type Finding, failure } from '../doctor/finding.ts'
import { checkNames, checkNode } from '../doctor/machine.ts'
import { version } from '../version.ts'
import type { Output } from './output.ts'

/** Says what is configured, missing and wrong, and what to do about it. Changes nothing. True when nothing is wrong. */
export async function doctor(options: ServeOptions, output: Output): Promise<boolean> {
  const checks = [checkNode(process.versions.node), checkNames(unreadNames()), ...(await examineConfigured(options))]
  const settings = describeEnvironment()
  const ok = checks.every(({ state }) => state !== 'fail')
  print({ checks, settings }, output)
  output.result({ ok, version, checks, settings })
  return ok
}

async function examineConfigured(options: ServeOptions): Promise<readonly Finding[]> {
  let config: Config
  try {
    config = withOptions(readConfig(), options)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return [failure('settings', error.message, 'Mend them; the rest is looked at when they can be read.')]
  }
  return await examineDeployment(config, pinoLog('silent'))
}

function print(
  found: { readonly checks: readonly Finding[]; readonly settings: readonly Setting[] },
  output: Output,
): void {
  output.line(`MetaAgent ${version}`)
  const width = Math.max(...found.checks.map(({ name }) => name.length))
  for (const { name, state, detail, advice } of found.checks) {
    output.line(`${state.padEnd(4)}  ${name.padEnd(width)}  ${detail}`)
    if (advice !== null) output.line(`${' '.repeat(width + 8)}→ ${advice}`)
  }
  const set = found.settings.filter(({ value }) => value !== null)
  if (set.length > 0)
    output.line(`Set in the environment: ${set.map(({ name, value }) => `${name}=${value}`).join(' ')}`)
  const count = (state: Finding['state']) => found.checks.filter((check) => check.state === state).length
  output.line(`failures: ${count('fail')}, warnings: ${count('warn')}`)
}
