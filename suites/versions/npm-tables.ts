import semver from 'semver'
import { z } from 'zod'
import type { TableCase } from './tables.ts'

const Row = z.array(z.unknown())
const Options = z.union([z.boolean(), z.object({ loose: z.unknown(), includePrerelease: z.unknown() }).partial()])

type Verdict = TableCase['expected']

/** How each table of node-semver speaks about ranges that meet; the others speak about increments and truncations. */
const tables: Readonly<Record<string, (row: readonly unknown[]) => readonly [readonly unknown[], Verdict, unknown]>> = {
  'comparator-intersection.js': ([left, right, meets, prereleases]) => [
    [left, right],
    prereleases === true ? null : meets === true ? 'compatible' : 'incompatible',
    undefined,
  ],
  'range-intersection.js': ([left, right, meets]) => [
    [left, right],
    meets === true ? 'compatible' : 'incompatible',
    undefined,
  ],
  'range-include.js': ([range, version, options]) => [[range, version], 'compatible', options],
  // Among them are some texts that are no version at all.
  'range-exclude.js': ([range, version, options]) => [
    [range, version],
    semver.valid(String(version), true) === null ? 'unknown' : 'incompatible',
    options,
  ],
  'version-gt-range.js': ([range, version, options]) => [[range, version], 'incompatible', options],
  'version-lt-range.js': ([range, version, options]) => [[range, version], 'incompatible', options],
  'equality.js': ([left, right, options]) => [[left, right], 'compatible', options],
  'comparisons.js': ([later, earlier, options]) => [[later, earlier], 'incompatible', options],
  'valid-versions.js': ([version]) => [[version], 'compatible', undefined],
}

export function npmCases(fixtures: unknown): readonly TableCase[] {
  const read = z.record(z.string(), z.unknown()).parse(fixtures)
  return Object.entries(tables).flatMap(([table, speak]) =>
    z
      .array(Row)
      .parse(read[table])
      .map((row): TableCase => {
        const [ranges, expected, given] = speak(row)
        const options = Options.safeParse(given).data ?? {}
        const prereleases = typeof options === 'object' && Boolean(options.includePrerelease)
        const isLoose = typeof options === 'object' ? Boolean(options.loose) : options
        return { table, ranges: ranges.map(String), expected: prereleases ? null : expected, isLoose }
      }),
  )
}
