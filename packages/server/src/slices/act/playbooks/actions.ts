import semver from 'semver'
import { type Dependency, type DependencyDifference, dependencyDifference } from './model/compatibility.ts'

/** How a dependency changed and whom it breaks, its range read as npm reads ranges (`includePrerelease` off). */
export function compareDependencies(before: Dependency, after: Dependency): DependencyDifference {
  return dependencyDifference(before, after, {
    isRange: (range) => semver.validRange(range) !== null,
    isWithin: (inner, outer) => semver.subset(inner, outer),
  })
}
