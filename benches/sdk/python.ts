import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const script = join(root, 'python/bench/sdk.py')

/** Where a Python with the package's requirements may be, the best first. */
const candidates = [
  process.env['METAAGENT_PYTHON'],
  join(root, 'python/.venv/bin/python'),
  join(root, 'node_modules/.cache/metaagent-python/bin/python'),
  'python3',
]

/**
 * The Python half: `python/bench/sdk.py` with a live server in its environment (`METAAGENT_URL`, `METAAGENT_API_KEY`);
 * its last line is a JSON object with `p99Us`. Null, and a line that says why, where it cannot run.
 */
export function measurePython(server: {
  readonly url: string
  readonly key: string
}): Readonly<Record<string, unknown>> | null {
  if (!existsSync(script)) return said('there is no python/bench/sdk.py')
  const python = candidates.find((path) => path !== undefined && isRecent(path))
  if (python === undefined) return said('there is no Python 3.10 or newer')
  const { status, stdout, stderr } = spawnSync(python, [script], {
    encoding: 'utf8',
    timeout: 300_000,
    env: {
      ...process.env,
      PYTHONPATH: join(root, 'python/src'),
      METAAGENT_URL: server.url,
      METAAGENT_API_KEY: server.key,
    },
  })
  if (status !== 0) return said(`${python} ended with ${status}: ${stderr.trim().split('\n').at(-1) ?? ''}`)
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? 'null') as Readonly<Record<string, unknown>> | null
}

function isRecent(python: string): boolean {
  return spawnSync(python, ['-c', 'import sys; sys.exit(sys.version_info < (3, 10))']).status === 0
}

function said(why: string): null {
  console.log(`Python was not measured: ${why}.`)
  return null
}
