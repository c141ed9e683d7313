/**
 * Full Unicode case folding with canonical equivalence: NFC(toCasefold(NFD(text))). Two texts have one fold exactly if a file
 * system that ignores case and normal form takes them for one name.
 *
 * ECMAScript has no case folding. Lower, upper and lower again, one code point at a time (no context, so no final sigma), was
 * compared with CaseFolding.txt of Unicode 16.0 (statuses C and F) over every code point: the same classes, but for `ı`, which
 * folds to itself and is left out here, and for letters that the running Unicode has and 16.0 had not. `ß`, `ẞ` and `SS` are
 * one, `İ` is `i` with a dot above, the Kelvin sign is `k`.
 */
export function foldCase(text: string): string {
  if (isAscii.test(text)) return text.toLowerCase()
  return Array.from(text.normalize('NFD'), foldCodePoint).join('').normalize('NFC')
}

const isAscii = /^[\0-\x7f]*$/

function foldCodePoint(character: string): string {
  return character === 'ı' ? character : character.toLowerCase().toUpperCase().toLowerCase()
}

/** Without what nobody sees (zero width joiners, variation selectors, soft hyphens): HFS+ and ext4's casefold skip it too. */
export function withoutInvisible(text: string): string {
  return isAscii.test(text) ? text : text.replace(/\p{Default_Ignorable_Code_Point}/gu, '')
}
