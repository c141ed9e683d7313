// Runs before the first paint, so that a dark screen never flashes white. A file of its own: no inline script is allowed.
{
  let chosen = null
  try {
    chosen = localStorage.getItem('metaagent.color-scheme')
  } catch {
    // Storage may be switched off; the system's choice stands then.
  }
  const dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light')
}
