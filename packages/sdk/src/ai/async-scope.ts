import type { OpenAction, OpenExecution } from '../agent-logger.ts'

interface Storage<T> {
  run<R>(store: T, work: () => R): R
  getStore(): T | undefined
}
type StorageClass = new <T>() => Storage<T>

/** Carries the step that code runs in through its promises, so that what it starts is reported below it. */
export interface AsyncScope {
  run<R>(scope: OpenAction | OpenExecution, work: () => R): R
  current(): OpenAction | OpenExecution | undefined
}

/**
 * `AsyncLocalStorage`, wherever it is: a global on edge runtimes, else Node's (≥ 20.16, without importing `node:`).
 * Where there is none, nothing is carried.
 */
export function createAsyncScope(): AsyncScope {
  const node = globalThis.process as { getBuiltinModule?: (id: string) => unknown } | undefined
  const hooks = node?.getBuiltinModule?.('node:async_hooks') as { AsyncLocalStorage?: StorageClass } | undefined
  const found = (globalThis as { AsyncLocalStorage?: StorageClass }).AsyncLocalStorage ?? hooks?.AsyncLocalStorage
  if (found === undefined) return { run: (_scope, work) => work(), current: () => undefined }
  const storage = new found<OpenAction | OpenExecution>()
  return { run: (scope, work) => storage.run(scope, work), current: () => storage.getStore() }
}
