#!/usr/bin/env node
import { runVerifyCli } from './cli.ts'

process.exitCode = await runVerifyCli(process.argv.slice(2), {
  stdin: process.stdin,
  writeOut: (text) => process.stdout.write(text),
  writeError: (text) => process.stderr.write(text),
})
