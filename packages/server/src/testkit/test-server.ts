import { openTestStore, type StoreKind } from './database.ts'
import { startServerOn, type TestServer, type TestServerOptions } from './whole-server.ts'

export type { TestReply, TestRequest, TestServer, TestServerOptions } from './whole-server.ts'

/** Starts a test server; open one per test file and give tests their own agents or organizations. */
export async function startTestServer(kind: StoreKind, options: TestServerOptions = {}): Promise<TestServer> {
  return startServerOn(await openTestStore(kind), options)
}
