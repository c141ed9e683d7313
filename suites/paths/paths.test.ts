import { expect, test } from 'vitest'
import { run } from '../paths.ts'

test('300 sets of claims conflict exactly where a plain file system cannot have both', async () => {
  const { failed, result } = await run({ args: ['--cases', '300', '--globs', '60', '--seed', '5'] } as never)
  expect({ failed, wrong: result?.['wrong'] }).toEqual({ failed: 0, wrong: 0 })
  expect(Object.keys(result?.['byKind'] as object).toSorted()).toEqual([
    'CASE_ONLY',
    'DELETE_VS_EDIT',
    'FILE_VS_DIR_PREFIX',
    'GLOB_OVERLAP',
    'RENAME_TARGET',
    'SAME',
    'UNICODE_ONLY',
  ])
})
