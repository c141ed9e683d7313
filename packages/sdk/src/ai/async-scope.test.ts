import { AsyncLocalStorage } from 'node:async_hooks'
import { afterEach, expect, test, vi } from 'vitest'
import { AgentLogger } from '../agent-logger.ts'
import { createAsyncScope } from './async-scope.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

const someRun = () => new AgentLogger({ disabled: true }).startExecution()

test('the step goes along through promises, and calls beside it do not see it', async () => {
  const scope = createAsyncScope()
  const [left, right] = [someRun(), someRun()]
  const seen = async () => {
    await Promise.resolve()
    return scope.current()
  }
  expect(await Promise.all([scope.run(left, seen), scope.run(right, seen), seen()])).toEqual([left, right, undefined])
})

test('where AsyncLocalStorage is a global, as on edge runtimes, that one is taken', () => {
  let made = 0
  vi.stubGlobal(
    'AsyncLocalStorage',
    class<T> extends AsyncLocalStorage<T> {
      constructor() {
        super()
        made++
      }
    },
  )
  const scope = createAsyncScope()
  const run = someRun()
  expect(scope.run(run, () => scope.current())).toBe(run)
  expect(made).toBe(1)
})

test('where there is neither a process nor AsyncLocalStorage nothing is carried and nothing fails', () => {
  const run = someRun()
  vi.stubGlobal('process', undefined)
  const scope = createAsyncScope()
  const answer = scope.run(run, () => [scope.current(), 42])
  vi.unstubAllGlobals()
  expect(answer).toEqual([undefined, 42])
})
