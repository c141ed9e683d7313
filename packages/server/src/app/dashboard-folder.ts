import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The dashboard's build: inside the published package, else the workspace's. Null when it has not been built. */
export function findDashboard(configured: string | null): string | null {
  const candidates = [
    configured,
    fileURLToPath(new URL('../dashboard/', import.meta.url)),
    fileURLToPath(new URL('../../../dashboard/dist/', import.meta.url)),
  ]
  return candidates.find((folder) => folder !== null && existsSync(`${folder}/index.html`)) ?? null
}
