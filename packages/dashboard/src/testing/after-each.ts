import { cleanup } from '@testing-library/react'
import { afterEach, vi } from 'vitest'

// Test files share their modules (vitest.config.ts), so nothing of one test may be left for the next.
afterEach(() => {
  vi.unstubAllGlobals()
  if (typeof document === 'undefined') return
  cleanup()
  localStorage.clear()
  sessionStorage.clear()
})
