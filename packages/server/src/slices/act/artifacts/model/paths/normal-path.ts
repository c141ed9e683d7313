import { ok, type Refusal, type Result, refuse } from '../../../../../kernel/result.ts'
import { foldCase, withoutInvisible } from './case-fold.ts'

/** A path of a file below the project's root that every common file system can hold. */
export interface NormalPath {
  /** `/` between names, no `.` or `..`, NFC. */
  readonly path: string
  /**
   * Two paths are one file on a file system that ignores case, normal form and invisible characters exactly if their keys
   * are equal. At most 1,024 bytes, so an index can hold it.
   */
  readonly key: string
  /** As `path`, in the normal form that was written: what tells `é` from `e` with an accent. */
  readonly spelling: string
}

/** Linux, macOS and Windows take 255 units for one name; the path's bound keeps its key within a database index. */
const nameBytesMax = 255
const pathBytesMax = 1_024

/**
 * Reads a path of a file. Refuses (`path-refused`) what leaves the root, is absolute or on a drive, cannot exist on Windows
 * (reserved names and characters, a trailing dot or space), reaches into `.git` by any of its names, hides characters
 * (control, direction), or is longer than an index or a file system takes. The reason says which and what to do.
 */
export function normalisePath(text: string): Result<NormalPath> {
  const outside = rootRefusal(text) ?? characterRefusal(text)
  if (outside !== null) return outside
  if (/[/\\]$/.test(text))
    return refused(text, 'names a directory. Name files, or claim them with a glob such as `src/**`')
  const names = namesOf(text)
  if (names === null) return refused(text, 'leads out of the project. Leave the `..` away')
  if (names.length === 0) return refused(text, 'names no file')
  for (const name of names) {
    const why = nameProblem(name)
    if (why !== null) return refused(text, why)
  }
  return measured(text, names.join('/'))
}

/** Why a text is no path inside a project at all, whatever its names: null if it may be one. Globs ask it too. */
export function rootRefusal(text: string): PathRefusal | null {
  if (/^[/\\]{2}/.test(text)) return refused(text, 'is on a network share. Write it relative to the project')
  if (/^[/\\]/.test(text)) return refused(text, 'is absolute. Write it relative to the project')
  if (/^[a-z]:/i.test(text)) return refused(text, 'is on a drive. Write it relative to the project')
  if (text.length > pathBytesMax) return refused(text, tooLong)
  return null
}

/** Characters that no path may hold, nor a glob: what ends a C string, what is not text, what reorders text on screen. */
export function characterRefusal(text: string): PathRefusal | null {
  if (/\p{Cc}/u.test(text)) return refused(text, 'holds a control character')
  if (/\p{Cs}/u.test(text)) return refused(text, 'holds half of a surrogate pair: it is not Unicode text')
  if (/\p{Bidi_Control}/u.test(text))
    return refused(text, 'holds a character that turns the direction of writing around')
  return null
}

/** Why a name of a path (between two `/`) is refused; null: it is not. */
export function nameProblem(name: string): string | null {
  const reserved = /[<>:"|?*]/.exec(name)
  if (reserved !== null) return `holds \`${reserved[0]}\`, which cannot stand in a name on Windows`
  if (/[. ]$/.test(name)) return `has a name that ends in a dot or a space, which Windows drops (\`${name}\`)`
  const folded = foldCase(withoutInvisible(name))
  if (folded === '') return 'has a name of which nothing can be seen'
  if (folded === '.git' || /^git~\d+$/.test(folded)) return `reaches into git's own directory by \`${name}\``
  if (/^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[\d¹²³]) *(?:\.|$)/.test(folded))
    return `uses \`${name}\`, which is a device on Windows`
  if (bytesOf(name) > nameBytesMax) return `has a name of more than ${nameBytesMax} bytes`
  return null
}

type PathRefusal = Result<never> & { readonly ok: false; readonly refusal: Refusal }

const tooLong = `is longer than ${pathBytesMax} bytes`

export function refused(text: string, why: string): PathRefusal {
  const shown = text.length <= 80 ? text : `${text.slice(0, 80)}…`
  return refuse('path-refused', `The path ${JSON.stringify(shown)} ${why}.`) as PathRefusal
}

/** Names in order without `.`, `..` resolved and `\` as `/`; null if they lead above the root. */
function namesOf(text: string): readonly string[] | null {
  const names: string[] = []
  for (const name of text.split(/[/\\]+/)) {
    if (name === '' || name === '.') continue
    if (name !== '..') names.push(name)
    else if (names.pop() === undefined) return null
  }
  return names
}

function measured(text: string, spelling: string): Result<NormalPath> {
  const path = spelling.normalize('NFC')
  const key = foldCase(withoutInvisible(path))
  const isLong = Math.max(bytesOf(spelling), bytesOf(path), bytesOf(key)) > pathBytesMax
  return isLong ? refused(text, tooLong) : ok({ path, key, spelling })
}

function bytesOf(text: string): number {
  let bytes = 0
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
  }
  return bytes
}
