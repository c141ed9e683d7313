import { z } from 'zod'
import type { TableCase } from './tables.ts'

const Tables = z.object({
  source: z.string(),
  tests: z.array(z.object({ test: z.string(), rows: z.array(z.unknown()).optional() })),
})

type Verdict = TableCase['expected']
type Told = readonly [readonly unknown[], Verdict]

const meet = (is: unknown): Verdict => (is === true ? 'compatible' : 'incompatible')
/** A version as a range of itself alone; spelled as it is, so that its local counts. */
const only = (version: unknown) => `===${String(version)}`
/** Without an answer about prereleases, or with the answer that they count: how pip asks when nothing else fits. */
const isOurs = (...asked: readonly unknown[]) => asked.every((one) => one === null || one === true)

/** How each table of pypa/packaging that bears on reading and meeting speaks; by the end of the test's name. */
const tables: Readonly<Record<string, (row: readonly unknown[]) => readonly Told[]>> = {
  test_specifiers_valid: ([specifier]) => [[[specifier], 'known']],
  test_specifiers_invalid: ([specifier]) => [[[specifier], 'unknown']],
  test_specifiers_normalized: ([version]) => [[[`!=${String(version)}`], 'known']],
  test_specifiers: ([version, specifier, is]) => [[[specifier, only(version)], meet(is)]],
  test_arbitrary_equality: ([version, specifier, is]) => [[[specifier, only(version)], meet(is)]],
  test_invalid_version: ([specifier, version, is]) => [
    // A space cannot stand behind `===`.
    [[specifier, only(version)], String(version).includes(' ') ? 'unknown' : meet(is)],
  ],
  test_specifiers_prereleases: ([specifier, version, configured, asked, is]) => [
    [[specifier, only(version)], isOurs(configured, asked) ? meet(is) : null],
  ],
  test_contains_exclusionary_bridges: ([specifier, asked, version, is]) => [
    [[specifier, only(version)], isOurs(asked) ? meet(is) : null],
  ],
  test_filter_exclusionary_bridges: ([specifier, asked, versions, left]) => filtered(specifier, asked, versions, left),
  test_specifier_filter: ([specifier, configured, asked, versions, left]) =>
    filtered(specifier, asked ?? configured, versions, left),
  test_contains_post_release_boundary_intersection: ([specifier, version, is]) => [
    [[specifier, only(version)], meet(is)],
  ],
  test_contains_arbitrary_equality_contains: ([version, specifier, is]) => [[[specifier, only(version)], meet(is)]],
  test_comparison_ignores_local: ([version, specifier, is]) => [[[specifier, only(version)], meet(is)]],
  test_boundary_closure_short_release: ([specifier, version, is]) => [[[specifier, only(version)], meet(is)]],
  test_contains_oversized_version_raises_valueerror: ([specifier]) => [[[specifier], 'unknown']],
  test_is_disjoint: ([left, right, is]) => [[[left, right], meet(is !== true)]],
  test_is_subset: ([left, right]) => [[[left, right], 'known']],
  test_post_release_boundary_unsatisfiable: ([specifier]) => [[[specifier], 'incompatible']],
  test_operators: ([specifier, inside, outside]) => [
    [[specifier, only(inside)], 'compatible'],
    [[specifier, only(outside)], 'incompatible'],
  ],
  test_is_empty: ([specifier]) => [[[specifier], 'incompatible']],
  test_not_empty: ([specifier]) => [[[specifier], 'compatible']],
  test_intersection_drops_embedded_empty: ([specifier, excluded]) => [[[specifier, only(excluded)], 'incompatible']],
  test_equal_and_hash: ([dev, boundary]) => [[[dev, boundary], 'compatible']],
  test_prerelease_only_empty_when_policy_excludes: ([specifier]) => [[[specifier], 'compatible']],
  test_non_prerelease_bounds_survive: ([specifier]) => [[[specifier], 'compatible']],
  test_intersected_requirement_keeps_opt_in: ([dependency, constraint]) => [[[dependency, constraint], 'compatible']],
}

export function pep440Cases(document: unknown): readonly TableCase[] {
  const { source, tests } = Tables.parse(document)
  return tests.flatMap(({ test, rows = [] }) => {
    const speak = tables[test.split('.').at(-1) ?? '']
    if (speak === undefined) return []
    return rows.flatMap((row) =>
      speak(Array.isArray(row) ? row : [row]).map(
        ([ranges, expected]): TableCase => ({
          table: `${source} ${test}`,
          ranges: ranges.map(String),
          expected,
          isLoose: false,
        }),
      ),
    )
  })
}

/** Of a list of versions, those that are left are in the specifier; where prereleases count, the others are not. */
function filtered(specifier: unknown, prereleases: unknown, versions: unknown, left: unknown): readonly Told[] {
  const all = z.array(z.string()).safeParse(versions).data ?? []
  const kept = new Set(z.array(z.string()).safeParse(left).data ?? [])
  return all.map((version): Told => {
    const is = kept.has(version)
    return [[specifier, only(version)], prereleases === true || (is && prereleases !== false) ? meet(is) : null]
  })
}
