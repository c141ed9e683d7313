import { type Dependency, type DependencyDifference, dependencyDifference } from '../model/compatibility.ts'
import { npmVersions } from './schemas.ts'

/** How a dependency changed and whom it breaks, its range read as npm reads ranges (`includePrerelease` off). */
export function compareDependencies(before: Dependency, after: Dependency): DependencyDifference {
  return dependencyDifference(before, after, npmVersions)
}
