import { createMemoryHistory } from '@tanstack/react-router'
import { configure, render, screen } from '@testing-library/react'
import { vi } from 'vitest'
import { createQueryClient } from '../api/queries.ts'
import { App } from '../app/app.tsx'
import { createAppRouter } from '../app/router.tsx'
import { createWire, type Wire, type WireOptions } from './wire.ts'

export interface Rendered {
  readonly wire: Wire
  readonly router: ReturnType<typeof createAppRouter>
  /** The address now, with its query. */
  readonly address: () => string
}

// Nothing has a size without a layout engine; lists that draw what is in view need one.
for (const [name, size] of [
  ['clientHeight', 640],
  ['clientWidth', 1200],
] as const) {
  Object.defineProperty(HTMLElement.prototype, name, { configurable: true, get: () => size })
}

configure({
  // Tests share the machine with others; what is shown late is not shown wrongly.
  asyncUtilTimeout: 15_000,
  // Each look of `findBy…` that comes too early makes an error: printing the whole document into it took a tenth of the time.
  getElementError: (message, container) =>
    new Error(`${message ?? ''}\nShown: ${(container.querySelector('main') ?? container).textContent.slice(0, 2_000)}`),
})

/** Shows the whole app at an address, against a fixture server behind `fetch`. */
export async function renderApp(address: string, options: WireOptions = {}): Promise<Rendered> {
  const wire = await createWire(options)
  vi.stubGlobal('fetch', wire.fetch)
  const queryClient = createQueryClient(() => {
    void queryClient.invalidateQueries({ queryKey: ['me'], refetchType: 'none' }).then(() => router.invalidate())
  })
  // As often as ever, but at once.
  const { queries } = queryClient.getDefaultOptions()
  queryClient.setDefaultOptions({ queries: { ...queries, retryDelay: 1 } })
  const router = createAppRouter(queryClient, createMemoryHistory({ initialEntries: [address] }))
  render(<App router={router} queryClient={queryClient} env="test" />)
  return { wire, router, address: () => router.state.location.href }
}

/** Waits until a text is shown, exactly once. */
export async function expectText(text: string | RegExp): Promise<void> {
  await screen.findByText(text)
}
