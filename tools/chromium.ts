// Finds a Chromium for the browser tests, and on Debian as root installs the headless shell: node tools/chromium.ts
import { execFileSync } from 'node:child_process'
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** A browser that can be started, or one sentence that says how to get one. */
export type Chromium = { readonly path: string } | { readonly missing: string }

interface Surroundings {
  readonly environment: { readonly [name: string]: string | undefined }
  readonly isExecutable: (path: string) => boolean
  /** Whether this is Debian (or a child of it) and the package manager may be used. */
  readonly mayInstall: boolean
  /** Installs Debian's package; throws with the reason when that fails. */
  readonly install: () => void
}

/** The browser without its windows: pages are the same, and it takes well under half of the processor's time. */
const shellName = 'chromium-headless-shell'
const names = [shellName, 'chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome']
const bundles = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

/** The browser that `$CHROMIUM_BIN` names, else the first that is installed, else null. */
export function findChromium({
  environment,
  isExecutable,
}: Pick<Surroundings, 'environment' | 'isExecutable'>): string | null {
  const named = environment['CHROMIUM_BIN']
  if (named) return isExecutable(named) ? named : null
  const folders = [...(environment['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/local/bin', '/snap/bin'].filter(
    Boolean,
  )
  const candidates = [...names.flatMap((name) => folders.map((folder) => join(folder, name))), ...bundles]
  return candidates.find(isExecutable) ?? null
}

/**
 * Finds a browser; where there is none, or only one with windows, and it may, installs Debian's headless shell. Never
 * throws: tests take what there is, or skip loudly.
 */
export function ensureChromium(surroundings: Surroundings = here()): Chromium {
  const found = findChromium(surroundings)
  const named = surroundings.environment['CHROMIUM_BIN']
  if (named && found === null)
    return { missing: `CHROMIUM_BIN names ${named}, which cannot be run. Correct it or unset it.` }
  if (found !== null && (named || found.endsWith(shellName) || !surroundings.mayInstall)) return { path: found }
  const installed = installShell(surroundings)
  return 'missing' in installed && found !== null ? { path: found } : installed
}

function installShell(surroundings: Surroundings): Chromium {
  const byHand = `Install Chromium (Debian: apt-get install ${shellName}) or set CHROMIUM_BIN to the program.`
  if (!surroundings.mayInstall) return { missing: `No Chromium was found. ${byHand}` }
  try {
    surroundings.install()
  } catch (error) {
    return { missing: `Debian's Chromium could not be installed (${String(error).split('\n')[0]}). ${byHand}` }
  }
  const installed = findChromium(surroundings)
  return installed === null ? { missing: `The package came without a program. ${byHand}` } : { path: installed }
}

function here(): Surroundings {
  return {
    environment: process.env,
    isExecutable,
    mayInstall: process.getuid?.() === 0 && isDebian() && isExecutable('/usr/bin/apt-get'),
    install: () => {
      // Tests that run side by side wait for each other at the package manager's lock.
      const apt = (...args: readonly string[]) =>
        execFileSync('apt-get', ['-o', 'DPkg::Lock::Timeout=300', '-qq', ...args], {
          env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
          stdio: ['ignore', 'ignore', 'pipe'],
          timeout: 600_000,
        })
      apt('update')
      apt('install', '--yes', '--no-install-recommends', shellName)
    },
  }
}

function isDebian(): boolean {
  return existsSync('/etc/os-release') && /^ID(_LIKE)?=.*\bdebian\b/m.test(readFileSync('/etc/os-release', 'utf8'))
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false // not there, or not for us
  }
}

if (import.meta.main) {
  const chromium = ensureChromium()
  if ('path' in chromium) console.log(chromium.path)
  else {
    console.error(chromium.missing)
    process.exitCode = 1
  }
}
