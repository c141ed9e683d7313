import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { root } from '../../tools/programs.ts'
import { findOrMakePython } from '../../tools/python.ts'

/**
 * The Python half: `python/bench/sdk.py` with a live server; its last line is a JSON object with `p99Us`. Null, and a
 * line that says why, where it cannot run.
 */
export async function measurePython(server: {
  readonly url: string
  readonly key: string
}): Promise<Readonly<Record<string, unknown>> | null> {
  const found = await findOrMakePython()
  if ('missing' in found) return said(found.missing)
  const script = [join(root, 'python/bench/sdk.py'), '--url', server.url, '--api-key', server.key]
  const env = { ...process.env, PYTHONPATH: join(root, 'python/src') }
  try {
    const { stdout } = await promisify(execFile)(found.python, script, { env })
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Readonly<Record<string, unknown>>
  } catch (error) {
    return said(error instanceof Error ? error.message : String(error))
  }
}

function said(why: string): null {
  console.log(`Python was not measured: ${why}.`)
  return null
}
