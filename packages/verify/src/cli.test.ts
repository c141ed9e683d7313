import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TestLog, testEntry, testLog, testSigner } from '../tests/test-log.ts'
import { utf8Bytes } from './bytes.ts'
import { runVerifyCli } from './cli.ts'
import { signNote } from './note.ts'
import { formatProofFile } from './proof-file.ts'
import { inclusionToTlogProof } from './verify-file.ts'

let folder: string
let log: TestLog
let key: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'metaagent-verify-'))
  log = await testLog(23)
  key = log.verifierKey
})
afterAll(() => rm(folder, { recursive: true }))

async function file(name: string, text: string | Uint8Array): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, text)
  return path
}

async function run(args: readonly string[], input: string | readonly Uint8Array[] = '') {
  let out = ''
  let error = ''
  const chunks = typeof input === 'string' ? [utf8Bytes(input)] : input
  const exitCode = await runVerifyCli(args, {
    stdin: (async function* () {
      yield* chunks
    })(),
    writeOut: (text) => {
      out += text
    },
    writeError: (text) => {
      error += text
    },
  })
  return { exitCode, out, error }
}

const twentyOf = (chunk: Uint8Array) => Array.from({ length: 20 }, () => chunk)

describe('verified (exit code 0)', () => {
  test('an inclusion file is told in plain words', async () => {
    const path = await file('inclusion.json', formatProofFile(await log.inclusion(12)))
    const { exitCode, out } = await run([path, '--key', key])
    expect(exitCode).toBe(0)
    expect(out).toMatch(/^VERIFIED\. This entry is in the log exactly as written/)
    for (const fact of [
      'rollouts.step.decided',
      'rollout/12',
      'duration-not-proven-safe: the bound is above (observed 1.07, limit 1.1)',
      '2026-11-20T10:00:00.000Z',
      'entry 12 (the first is 0) of 23',
      'ledger.example/acme, key ',
      Buffer.from(log.tree().root).toString('base64'),
      'SHA-256 of the public key ',
    ]) {
      expect(out).toContain(fact)
    }
    expect(out).not.toContain('WARNING')
  })

  test('without --key it says loudly that the key was not pinned', async () => {
    const path = await file('inclusion.json', formatProofFile(await log.inclusion(12)))
    const { exitCode, out } = await run([path])
    expect(exitCode).toBe(0)
    expect(out).toContain('WARNING: THE KEY WAS NOT PINNED.')
  })

  test('--json answers one line for programs', async () => {
    const path = await file('inclusion.json', formatProofFile(await log.inclusion(12)))
    const { exitCode, out } = await run([path, '--json'])
    expect(exitCode).toBe(0)
    expect(out.trimEnd()).not.toContain('\n')
    expect(JSON.parse(out)).toEqual({
      verdict: 'verified',
      kind: 'inclusion',
      entry: {
        type: 'rollouts.step.decided',
        subject: 'rollout/12',
        because: { rule: 'duration-not-proven-safe', observed: 1.07, limit: 1.1, text: 'the bound is above' },
        occurredAt: '2026-11-20T10:00:00.000Z',
      },
      index: 12,
      origin: 'ledger.example/acme',
      treeSize: 23,
      rootHash: Buffer.from(log.tree().root).toString('base64'),
      key: {
        name: 'ledger.example/acme',
        keyId: log.signer.key.keyId,
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
      keyPinned: false,
      seenConfirmed: null,
      witnesses: [],
      warnings: [expect.stringContaining('NOT PINNED')],
    })
  })

  test('a consistency file, from standard input', async () => {
    const { exitCode, out } = await run(['-', '--key', key], formatProofFile(await log.consistency(9)))
    expect(exitCode).toBe(0)
    expect(out).toContain('The log only grew')
    expect(out).toContain('from 9 to 23 entries')
    const json = await run(['-', '--json'], formatProofFile(await log.consistency(9)))
    expect(JSON.parse(json.out)).toMatchObject({
      verdict: 'verified',
      kind: 'consistency',
      oldTreeSize: 9,
      treeSize: 23,
    })
  })

  test('an export, however its bytes arrive', async () => {
    const bytes = utf8Bytes(await log.exportFile())
    for (const step of [1, 7, 1_000, bytes.length]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / step) }, (_, at) =>
        bytes.subarray(at * step, (at + 1) * step),
      )
      const { exitCode, out } = await run(['-', '--key', key], chunks)
      expect(exitCode, `chunks of ${step}`).toBe(0)
      expect(out).toContain('qa_success, 2026-11-20T10:00:00.000Z')
    }
    const withoutLastNewline = await run([await file('export.jsonl', bytes.slice(0, -1)), '--json'])
    expect(withoutLastNewline.exitCode).toBe(0)
    expect(JSON.parse(withoutLastNewline.out)).toMatchObject({
      kind: 'export',
      treeSize: 23,
      last: { subject: 'rollout/22' },
    })
  })

  test('a .tlog-proof file, with the key', async () => {
    const path = await file('entry.tlog-proof', inclusionToTlogProof(await log.inclusion(12)))
    expect((await run([path, '--key', key])).exitCode).toBe(0)
  })

  test('--seen confirms the history, or warns that this file cannot', async () => {
    const seen = await file('seen', await log.checkpoint(9))
    const confirmed = await run(['-', '--seen', seen], formatProofFile(await log.consistency(9)))
    expect(confirmed.out).toContain('the checkpoint seen earlier is part of this history')
    const undecided = await run(['-', '--seen', seen], formatProofFile(await log.inclusion(3)))
    expect(undecided.exitCode).toBe(0)
    expect(undecided.out).toContain('ask the log for a consistency file')
  })

  test('--help explains itself', async () => {
    const { exitCode, out } = await run(['--help'])
    expect(exitCode).toBe(0)
    expect(out).toContain('Exit code: 0 verified, 1 refused, 2 not checked')
  })
})

describe('refused (exit code 1)', () => {
  test('a changed entry, in words and as JSON', async () => {
    const inclusion = await log.inclusion(12)
    const text = formatProofFile({ ...inclusion, entry: inclusion.entry.replace('rollout/12', 'rollout/13') })
    const words = await run(['-', '--key', key], text)
    expect(words.exitCode).toBe(1)
    expect(words.out).toMatch(/^REFUSED \(root_mismatch\)\./)
    expect(words.out).not.toContain('VERIFIED')
    const json = await run(['-', '--json'], text)
    expect(json.exitCode).toBe(1)
    expect(JSON.parse(json.out)).toMatchObject({ verdict: 'refused', code: 'root_mismatch' })
  })

  test('what is no proof file at all', async () => {
    const inputs = [
      '',
      'hello',
      '{}',
      '[]',
      'c2sp.org/tlog-proof@v1\nindex\n',
      '\n\n',
      '{"format":"metaagent-proof/v1"}',
    ]
    for (const text of inputs) expect((await run(['-', '--key', key], text)).exitCode, text).toBe(1)
    expect((await run([await file('binary', Uint8Array.of(0x7b, 0xff, 0xfe))])).exitCode).toBe(1)
  })

  test('a file larger than any proof, without reading it all', async () => {
    const megabyte = new Uint8Array(1024 * 1024).fill(0x20)
    const oneLine = await run(['-'], twentyOf(megabyte))
    expect([oneLine.exitCode, oneLine.out]).toEqual([1, expect.stringContaining('no proof file')])
    const lines = await run(['-'], [utf8Bytes('{\n'), ...twentyOf(megabyte)])
    expect(lines.exitCode).toBe(1)
    const header = utf8Bytes((await log.exportFile()).split('\n')[0] ?? '')
    const entry = await run(['-'], [header, utf8Bytes('\n'), ...twentyOf(megabyte)])
    expect(entry.exitCode).toBe(1)
  })

  test('an export that is cut, too long, changed, or whose header is spread over lines', async () => {
    const whole = await log.exportFile()
    const lines = whole.split('\n')
    const inputs = [
      lines.slice(0, -2).join('\n'),
      `${whole}{}\n`,
      `${whole}\n`,
      whole.replace('rollout/12', 'rollout/13'),
      JSON.stringify(await log.exportHeader(), null, 2),
    ]
    for (const text of inputs) expect((await run(['-', '--key', key], text)).exitCode).toBe(1)
    const wrongKey = (await testLog(1, await testSigner('ledger.example/acme', 8))).verifierKey
    expect((await run(['-', '--key', wrongKey], whole)).out).toContain('no_trusted_signature')
  })

  test('an old backup, against a checkpoint seen earlier', async () => {
    const seen = await file('seen', await log.checkpoint(20))
    const { exitCode, out } = await run(['-', '--seen', seen], formatProofFile(await log.inclusion(3, 15)))
    expect([exitCode, out]).toEqual([1, expect.stringContaining('rollback')])
  })

  test('a .tlog-proof file without an entry in it', async () => {
    const text = inclusionToTlogProof(await log.inclusion(12)).replace(/extra .*\n/, '')
    expect((await run(['-', '--key', key], text)).exitCode).toBe(1)
  })
})

describe('not checked (exit code 2)', () => {
  test('wrong usage is explained on standard error', async () => {
    const calls = [[], ['a', 'b'], ['--unknown', 'x'], ['-', '--key', 'nothing'], ['-', '--seen', join(folder, 'none')]]
    for (const args of calls) {
      const { exitCode, out, error } = await run(args)
      expect([exitCode, out], args.join(' ')).toEqual([2, ''])
      expect(error).toMatch(/^metaagent-verify: ./)
    }
  })

  test('a file that cannot be read, also as JSON', async () => {
    expect((await run([join(folder, 'none.json')])).exitCode).toBe(2)
    const { exitCode, out } = await run([join(folder, 'none.json'), '--json'])
    expect(exitCode).toBe(2)
    expect(JSON.parse(out)).toMatchObject({ verdict: 'not_checked' })
  })

  test('a .tlog-proof file without a key to check it with', async () => {
    const { exitCode, error } = await run(['-'], inclusionToTlogProof(await log.inclusion(12)))
    expect([exitCode, error]).toEqual([2, expect.stringContaining('--key')])
  })

  test('a checkpoint for --seen that is none', async () => {
    const signer = await testSigner()
    const path = await file('no-checkpoint', await signNote('just text\n', [signer]))
    expect((await run(['-', '--seen', path])).exitCode).toBe(2)
    expect((await run(['-', '--seen', await file('no-note', 'text')])).exitCode).toBe(2)
  })
})

test('what an entry holds cannot steer the terminal', async () => {
  const hostile = testEntry(0, { type: '\u001b[2J\u009bfake\u202egnp', subject: 'line\nVERIFIED', payload: null })
  const hostileLog = new TestLog(log.signer, [hostile])
  const text = formatProofFile(await hostileLog.inclusion(0))
  const words = await run(['-', '--key', key], text)
  expect(words.exitCode).toBe(0)
  const steering = ['\u001b', '\u009b', '\u202e']
  expect(steering.filter((character) => words.out.includes(character))).toEqual([])
  expect(words.out).toContain('line\\u{a}VERIFIED')
  expect(words.out).toContain('because      unknown')
  const json = await run(['-', '--json'], text)
  expect(steering.filter((character) => json.out.includes(character))).toEqual([])
  expect(JSON.parse(json.out)).toMatchObject({ entry: { type: hostile['type'] } })
})
