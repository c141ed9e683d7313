import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core'
import { type QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { PreferencesProvider } from './preferences.tsx'
import type { createAppRouter } from './router.tsx'
import { ShortcutsProvider } from './shortcuts.tsx'
import { cssVariables, theme } from './theme.ts'

// public/color-scheme.js reads the same key before the first paint.
const colorSchemes = localStorageColorSchemeManager({ key: 'metaagent.color-scheme' })

/** The whole app around a router: theme, cache, preferences, shortcuts. */
export function App({
  router,
  queryClient,
  env = 'default',
}: {
  readonly router: ReturnType<typeof createAppRouter>
  readonly queryClient: QueryClient
  readonly env?: 'default' | 'test'
}) {
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      defaultColorScheme="auto"
      colorSchemeManager={colorSchemes}
      env={env}
    >
      <QueryClientProvider client={queryClient}>
        <PreferencesProvider>
          <ShortcutsProvider>
            <RouterProvider router={router} />
          </ShortcutsProvider>
        </PreferencesProvider>
      </QueryClientProvider>
    </MantineProvider>
  )
}
