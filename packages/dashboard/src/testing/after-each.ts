import { cleanup } from '@testing-library/react'
import { afterEach, vi } from 'vitest'

// Nothing of one test may be left for the next.
afterEach(() => {
  vi.unstubAllGlobals()
  if (typeof document === 'undefined') return
  cleanup()
  localStorage.clear()
  sessionStorage.clear()
})
