import type { Tree } from './tree.ts'

/** The longest shipped files and functions, longest first. Information, not a limit. */
export function longest(
  tree: Tree,
  count: number,
): { readonly files: readonly string[]; readonly functions: readonly string[] } {
  const sources = tree.modules.filter((module) => !/\.test\.tsx?$/.test(module.path))
  const functions = sources.flatMap((module) =>
    module.functions.map((f) => ({ lines: f.lines, text: `${f.lines} ${f.name} ${module.path}:${f.line}` })),
  )
  return {
    files: sources
      .toSorted((a, b) => b.lines - a.lines)
      .slice(0, count)
      .map((module) => `${module.lines} ${module.path}`),
    functions: functions
      .toSorted((a, b) => b.lines - a.lines)
      .slice(0, count)
      .map(({ text }) => text),
  }
}
