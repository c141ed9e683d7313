import { enableCompileCache } from 'node:module'

// Keeps compiled code between runs, so that the second start is faster. Imported before anything large is.
enableCompileCache()
