import type { TestProject } from 'vitest/node'
import { PostgresMissing, startPostgresCluster } from './postgres-cluster.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A superuser's connection string to this run's cluster; null when there is none. */
    postgresUrl: string | null
  }
}

/** Runs once per vitest run: one throw-away PostgreSQL cluster for all test files. Returns its end. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  try {
    const cluster = await startPostgresCluster()
    project.provide('postgresUrl', cluster.url)
    return cluster.stop
  } catch (error) {
    if (!(error instanceof PostgresMissing)) throw error
    console.warn(`\n*** TESTS ON POSTGRESQL ARE SKIPPED: ${error.message} ***\n`)
    project.provide('postgresUrl', null)
    return async () => {}
  }
}
