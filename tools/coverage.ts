import { readFileSync } from 'node:fs'
import { relative, sep } from 'node:path'

interface Count {
  readonly total: number
  readonly covered: number
}

/** What was run of one package, in percent with one decimal, rounded down: 80 is at least 80. */
export interface PackageCoverage {
  readonly name: string
  readonly linesPercent: number
  readonly branchesPercent: number
}

/** Sums vitest's per-file summary (paths are absolute) into one row per workspace, in alphabetical order. */
export function coveragePerPackage(
  summary: Readonly<Record<string, { lines: Count; branches: Count }>>,
  root: string,
): readonly PackageCoverage[] {
  const sums = new Map<string, { lines: Count; branches: Count }>()
  for (const [path, file] of Object.entries(summary)) {
    const [folder, name] = relative(root, path).split(sep)
    if (folder !== 'packages' || name === undefined) continue
    const sum = sums.get(name) ?? { lines: { total: 0, covered: 0 }, branches: { total: 0, covered: 0 } }
    sums.set(name, { lines: add(sum.lines, file.lines), branches: add(sum.branches, file.branches) })
  }
  return [...sums]
    .map(([name, { lines, branches }]) => ({ name, linesPercent: percent(lines), branchesPercent: percent(branches) }))
    .toSorted((a, b) => a.name.localeCompare(b.name))
}

/** One sentence for each package under the floor. */
export function coverageProblems(packages: readonly PackageCoverage[], floorPercent: number): readonly string[] {
  return packages.flatMap(({ name, linesPercent, branchesPercent }) => [
    ...(linesPercent < floorPercent ? [`${name}: ${linesPercent} % of lines, ${floorPercent} % are asked.`] : []),
    ...(branchesPercent < floorPercent
      ? [`${name}: ${branchesPercent} % of branches, ${floorPercent} % are asked.`]
      : []),
  ])
}

/** The table that `npm test` prints. */
export function coverageTable(packages: readonly PackageCoverage[]): string {
  const row = (name: string, lines: string, branches: string) =>
    `  ${name.padEnd(10)} ${lines.padStart(8)} ${branches.padStart(9)}`
  return [
    row('coverage', 'lines', 'branches'),
    ...packages.map((p) => row(p.name, `${p.linesPercent.toFixed(1)} %`, `${p.branchesPercent.toFixed(1)} %`)),
  ].join('\n')
}

/** Reads vitest's `coverage-summary.json`. */
export function readCoverage(path: string, root: string): readonly PackageCoverage[] {
  return coveragePerPackage(JSON.parse(readFileSync(path, 'utf8')), root)
}

function add(a: Count, b: Count): Count {
  return { total: a.total + b.total, covered: a.covered + b.covered }
}

function percent({ total, covered }: Count): number {
  return total === 0 ? 100 : Math.floor((covered / total) * 1000) / 10
}
