const KEY = 'metaagent.reloaded-at'
const AGAIN_AFTER_MS = 60_000

/**
 * Loads the page anew when a part of it is gone: after an update of the server an open page asks for files of the old
 * build. At most once a minute, so that a part that is missing for another reason shows its error instead.
 */
export function reloadAfterUpdate(): void {
  window.addEventListener('vite:preloadError', (event) => {
    const last = Number(sessionStorage.getItem(KEY) ?? 0)
    if (Date.now() - last < AGAIN_AFTER_MS) return
    sessionStorage.setItem(KEY, String(Date.now()))
    event.preventDefault()
    window.location.reload()
  })
}
