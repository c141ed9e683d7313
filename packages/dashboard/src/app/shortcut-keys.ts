const PAUSE_MS = 1200

interface KeyPress {
  readonly key: string
  readonly atMs: number
}

interface Held {
  readonly keys: string
  readonly atMs: number
}

/**
 * What a key press means beside the one before it: a shortcut (`j`, or `g f` when `g` came less than 1.2 s before), the
 * beginning of one, or nothing. `known` are all shortcuts now.
 */
export function nextKeys(
  held: Held | null,
  press: KeyPress,
  known: readonly string[],
): { readonly match: string | null; readonly waiting: Held | null } {
  const fresh = held !== null && press.atMs - held.atMs < PAUSE_MS
  const pair = fresh ? `${held.keys} ${press.key}` : null
  if (pair !== null && known.includes(pair)) return { match: pair, waiting: null }
  if (known.some((keys) => keys.startsWith(`${press.key} `))) {
    return { match: null, waiting: { keys: press.key, atMs: press.atMs } }
  }
  return { match: known.includes(press.key) ? press.key : null, waiting: null }
}

/** True when the key is meant for what has the focus: a field, a list of choices, or a dialog. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return (
    target.isContentEditable ||
    target.closest('input, textarea, select, [role="dialog"], [role="listbox"], [role="menu"]') !== null
  )
}
