import { z } from 'zod'

// Zod compiles schemas with `new Function` where it may, and tries that when a schema is made; the server's policy
// (`script-src 'self'`) rightly forbids it. So this module must be imported before any that makes a schema.
z.config({ jitless: true })
