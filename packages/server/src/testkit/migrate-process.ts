import { openSchemaOwner } from '../adapters/postgres/schema-owner.ts'
import { migrate } from '../adapters/schema/migrate.ts'
import { fixtureSchema } from './fixture-schema.ts'

// A process that migrates the database it is given and reports; several are started at once by a test.
const [url] = process.argv.slice(2)
if (url === undefined || process.send === undefined) throw new Error('usage: forked with a connection string')
process.send(await migrate(openSchemaOwner(url), [fixtureSchema]))
process.disconnect()
