/**
 * Why what stands for a version in a package.json, and is no range, says nothing about which versions of this package fit.
 * The kinds are those of npm's, pnpm's and yarn's manifests.
 */
export function whyNoRange(spec: string): string {
  const text = spec.trim()
  return kinds.find(({ pattern }) => pattern.test(text))?.why ?? 'npm does not read it strictly as a range of versions'
}

const kinds: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: /^npm:/i, why: 'it is an alias: another package is installed under this name' },
  { pattern: /^workspace:/i, why: 'it takes what stands in the same workspace, whatever its version is' },
  { pattern: /^catalog:/i, why: 'its range stands in a catalog elsewhere' },
  { pattern: /^jsr:/i, why: 'it comes from another registry' },
  { pattern: /^(file|link|portal|patch|exec):/i, why: 'it takes a folder or file, whatever its version is' },
  { pattern: /^\.{1,2}$|^(\.{1,2}|~)?[/\\]|^[a-z]:[/\\]/i, why: 'it takes a folder or file, whatever its version is' },
  { pattern: /^(git|ssh|github|gitlab|bitbucket|gist)[+:]|^git@/i, why: 'it takes a commit of a repository' },
  { pattern: /^https?:/i, why: 'it takes an archive at an address' },
  { pattern: /^[\w.-]+\/[\w.-]+(#.*)?$/, why: 'it takes a commit of a repository' },
  { pattern: /^[a-z][\w.-]*$/i, why: 'it is a tag, which names whatever was published last under it' },
]
