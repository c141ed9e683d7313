#!/usr/bin/env node
// The published package runs its build; a checkout runs the sources.
import { existsSync } from 'node:fs'

const built = new URL('../dist/app/cli.js', import.meta.url)
await import(existsSync(built) ? built.href : new URL('../src/app/cli.ts', import.meta.url).href)
