// Writes sbom.json, the CycloneDX bill of materials of what is installed, and checks it: node tools/sbom.ts
// Development tools are marked as such in it; `npm sbom --omit dev` leaves out what a tool and we both use, zod for one.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

interface Component {
  readonly name?: string
  readonly version?: string
  readonly purl?: string
}

/** What is wrong with a bill of materials, given the names that must stand in it. Empty when it is sound. */
export function sbomProblems(text: string, required: readonly string[]): readonly string[] {
  const bill = JSON.parse(text) as { bomFormat?: string; specVersion?: string; components?: readonly Component[] }
  const components = bill.components ?? []
  const names = new Set(components.map((c) => c.name))
  return [
    ...(bill.bomFormat === 'CycloneDX' ? [] : ['The document is not CycloneDX.']),
    ...(components.length > 0 ? [] : ['The document lists no component.']),
    ...components.filter((c) => !c.version || !c.purl).map((c) => `${c.name} has no version or no package address.`),
    ...required.filter((name) => !names.has(name)).map((name) => `${name} is a dependency and is not listed.`),
  ]
}

/** The names of others that the workspaces depend on at run time. */
export function runtimeDependencies(root: string): readonly string[] {
  const manifest = (folder: string) =>
    JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as {
      name: string
      workspaces?: string[]
      dependencies?: Record<string, string>
    }
  const manifests = ['.', ...(manifest('.').workspaces ?? [])].map(manifest)
  const ours = new Set(manifests.map(({ name }) => name))
  const names = manifests.flatMap(({ dependencies }) => Object.keys(dependencies ?? {}))
  return [...new Set(names)].filter((name) => !ours.has(name))
}

if (import.meta.main) {
  // npm names its own entry point to the scripts that it runs; on its own, the command is found on the path.
  const npm = process.env['npm_execpath']
  const [command, prefix] = npm === undefined ? ['npm', []] : [process.execPath, [npm]]
  const text = execFileSync(command, [...prefix, 'sbom', '--sbom-format', 'cyclonedx'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 64 * 1024 * 1024,
  })
  const problems = sbomProblems(text, runtimeDependencies('.'))
  writeFileSync('sbom.json', text)
  for (const problem of problems) console.error(problem)
  console.log(
    `sbom.json: ${(JSON.parse(text) as { components: unknown[] }).components.length} components, ${problems.length} problems`,
  )
  process.exitCode = problems.length === 0 ? 0 : 1
}
