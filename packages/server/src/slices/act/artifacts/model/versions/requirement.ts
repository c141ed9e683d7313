export type Ecosystem = 'npm' | 'pypi'

/** That somebody needs some versions of a package. */
export interface VersionRequirement {
  readonly ecosystem: Ecosystem
  readonly name: string
  /** As it stands in the manifest; empty: any version. */
  readonly range: string
  /** Whose requirement it is: an artifact, a manifest in it, an agent. */
  readonly holder: string
}

/**
 * The name under which a registry knows a package. PyPI's by PEP 503 (`Zope.Interface` is `zope-interface`); npm compares
 * names letter by letter (`JSONStream` and `jsonstream` are two packages), so that only spaces around one go.
 */
export function normalisedName({ ecosystem, name }: Pick<VersionRequirement, 'ecosystem' | 'name'>): string {
  const trimmed = name.trim()
  return ecosystem === 'npm' ? trimmed : trimmed.toLowerCase().replaceAll(/[-_.]+/g, '-')
}
