/** Ascending places as ranges: `3,7-9`. */
export function formatPlaces(places: readonly number[]): string {
  const ranges: [number, number][] = []
  for (const place of places) {
    const last = ranges.at(-1)
    if (last !== undefined && place === last[1] + 1) last[1] = place
    else ranges.push([place, place])
  }
  return ranges.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(',')
}

/** At most `most` of the places, spread evenly from the first to the last, so that a sample shows the whole period. */
export function spread(places: readonly number[], most: number): readonly number[] {
  if (places.length <= most) return places
  const step = (places.length - 1) / (most - 1)
  return Array.from({ length: most }, (_, n) => places[Math.round(n * step)] ?? 0)
}
