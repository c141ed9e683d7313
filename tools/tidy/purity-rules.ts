import { isModel, placeOf } from './rooms.ts'
import type { Tree } from './tree.ts'
import type { Violation } from './violation.ts'

/** The files that may read the environment: the server's configuration and the SDK's. */
const environmentReaders = new Set(['packages/server/src/app/config.ts', 'packages/sdk/src/settings.ts'])

/** Shipped files that read the environment behind the configuration's back. */
export function environmentViolations(tree: Tree): readonly Violation[] {
  return tree.modules
    .filter((module) => placeOf(module.path).shipped && !environmentReaders.has(module.path))
    .flatMap((module) =>
      module.environmentReads.map((line) => ({
        rule: 'the environment is read once',
        where: `${module.path}:${line}`,
        what: 'reads process.env',
        advice: 'Add the setting to app/config.ts (sdk: settings.ts), where it is validated, and pass the value in.',
      })),
    )
}

/** Models that look at the clock through `new Date()`. `Date.now` and `Math.random` are the linter's. */
export function clockViolations(tree: Tree): readonly Violation[] {
  return tree.modules
    .filter((module) => isModel(placeOf(module.path)))
    .flatMap((module) =>
      module.bareDates.map((line) => ({
        rule: 'models are told the time',
        where: `${module.path}:${line}`,
        what: 'makes a Date from the clock',
        advice: 'Take `now: Instant` as an argument; then the same input gives the same decision for ever.',
      })),
    )
}
