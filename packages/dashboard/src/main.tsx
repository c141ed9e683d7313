import './app/no-eval.ts'
import './app/mantine.css'
import './fonts/fonts.css'
import './app/tokens.css'
import './app/base.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { createQueryClient } from './api/queries.ts'
import { App } from './app/app.tsx'
import { reloadAfterUpdate } from './app/reload-after-update.ts'
import { createAppRouter } from './app/router.tsx'

const queryClient = createQueryClient(() => {
  // What is shown stays until the router has asked again and knows where to send the reader.
  void queryClient.invalidateQueries({ queryKey: ['me'], refetchType: 'none' }).then(() => router.invalidate())
})
const router = createAppRouter(queryClient)

reloadAfterUpdate()

const root = document.getElementById('root')
if (root === null) throw new Error('index.html lost its root element')
createRoot(root).render(
  <StrictMode>
    <App router={router} queryClient={queryClient} />
  </StrictMode>,
)
