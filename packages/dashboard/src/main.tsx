import './app/mantine.css'
import './fonts/fonts.css'
import './app/tokens.css'
import './app/base.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { z } from 'zod'
import { createQueryClient } from './api/queries.ts'
import { App } from './app/app.tsx'
import { createAppRouter } from './app/router.tsx'

// Zod compiles schemas with `new Function` where it may; the server's policy (`script-src 'self'`) rightly forbids that.
z.config({ jitless: true })

const queryClient = createQueryClient(() => {
  queryClient.removeQueries({ queryKey: ['me'] })
  void router.invalidate()
})
const router = createAppRouter(queryClient)

const root = document.getElementById('root')
if (root === null) throw new Error('index.html lost its root element')
createRoot(root).render(
  <StrictMode>
    <App router={router} queryClient={queryClient} />
  </StrictMode>,
)
