import { z } from 'zod'

/** One line of text: trimmed, no control characters (C0, DEL, C1), no half of a surrogate pair. */
export const line = (mostChars: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(mostChars)
    .refine((text) => !/\p{Cc}/u.test(text), 'must not hold control characters')
    .refine((text) => text.isWellFormed(), 'must not hold half of a surrogate pair')

/** Text of any number of lines: tabs and line breaks are its only control characters. */
export const prose = (mostChars: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(mostChars)
    .refine((text) => !/[^\P{Cc}\t\n\r]/u.test(text), 'must not hold control characters but tabs and line breaks')
    .refine((text) => text.isWellFormed(), 'must not hold half of a surrogate pair')

/** An address of these protocols, as it is written in requests: visible ASCII, at most 2,000 characters. */
export const address = (protocol: RegExp) =>
  z
    .url({ protocol })
    .max(2_000)
    .regex(/^[\x21-\x7e]+$/, 'must be percent-encoded')
