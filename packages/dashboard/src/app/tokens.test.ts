import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8')

/** The colours of a scheme by their names. */
function coloursOf(scheme: 'light' | 'dark'): ReadonlyMap<string, string> {
  const [, block = ''] = css.split(`[data-mantine-color-scheme='${scheme}'] {`)
  const [rules = ''] = block.split('\n}')
  return new Map(
    [...rules.matchAll(/--([a-z-]+): (#[0-9a-f]{6});/g)].map(([, name = '', colour = '']) => [name, colour]),
  )
}

/** WCAG 2.2, «relative luminance». */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

/** WCAG 2.2, «contrast ratio». */
function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

const grounds = ['ground', 'surface', 'raised', 'sunken', 'hover', 'selected']
const states = ['healthy', 'degraded', 'failing', 'silent', 'unknown']
const kinds = ['llm', 'tool', 'retrieval', 'agent', 'embedding', 'guardrail', 'evaluation', 'other']

const texts: readonly (readonly [text: string, ground: string])[] = [
  ...['text', 'text-soft', 'text-faint'].flatMap((text) => grounds.map((ground) => [text, ground] as const)),
  ...['accent-text', ...states].flatMap((text) =>
    ['ground', 'surface', 'hover'].map((ground) => [text, ground] as const),
  ),
  ...states.map((state) => [state, `${state}-soft`] as const),
  ...states.map((state) => ['text', `${state}-soft`] as const),
  ['accent-text', 'accent-soft'],
  ['on-accent', 'accent'],
  // Legends and step icons stand beside small text in the same colour.
  ...kinds.map((kind) => [`kind-${kind}`, 'surface'] as const),
]
const marks: readonly (readonly [mark: string, ground: string])[] = [
  ...['degraded-mark', 'failing-mark', 'accent', 'focus', 'control', 'candidate'].map(
    (mark) => [mark, 'surface'] as const,
  ),
  ...kinds.map((kind) => [`kind-${kind}`, 'selected'] as const),
]

describe.each(['light', 'dark'] as const)('%s', (scheme) => {
  const colours = coloursOf(scheme)
  const ratio = ([one, other]: readonly [string, string]) =>
    contrast(colours.get(one) ?? '#000000', colours.get(other) ?? '#000000')

  test('text reaches 4.5:1 on every ground that it stands on', () => {
    expect(
      texts.filter((pair) => ratio(pair) < 4.5).map((pair) => `${pair.join(' on ')} ${ratio(pair).toFixed(2)}`),
    ).toEqual([])
  })

  test('marks reach 3:1', () => {
    expect(
      marks.filter((pair) => ratio(pair) < 3).map((pair) => `${pair.join(' on ')} ${ratio(pair).toFixed(2)}`),
    ).toEqual([])
  })
})

test('both schemes name the same colours', () => {
  expect([...coloursOf('light').keys()]).toEqual([...coloursOf('dark').keys()])
})
