import type { Log } from '../../ports/log.ts'
import type { Config } from '../config.ts'
import { checkDatabase } from './database.ts'
import type { Finding } from './finding.ts'
import {
  checkArbitrationLog,
  checkDashboard,
  checkDataFolder,
  checkDisk,
  checkGovernanceRules,
  checkKey,
  checkPort,
  checkPrivilegedToken,
  checkPublicUrl,
} from './machine.ts'

/** Looks at everything that a start needs, in the order in which a start needs it. */
export async function examineDeployment(config: Config, log: Log): Promise<readonly Finding[]> {
  const folder = checkDataFolder(config)
  const usable = folder.state !== 'fail'
  return [
    folder,
    ...(usable ? [checkDisk(config), checkArbitrationLog(config), checkKey(config)] : []),
    checkGovernanceRules(config),
    ...(usable || config.databaseUrl !== null ? await checkDatabase(config, log) : []),
    await checkPort(config),
    checkPublicUrl(config),
    checkPrivilegedToken(config),
    checkDashboard(config),
  ]
}
