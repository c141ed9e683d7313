import type { Page } from 'playwright-core'

/** Roles that mean nothing to a reader who cannot see, unless they have a name. */
const namedRoles = new Set([
  'button',
  'checkbox',
  'columnheader',
  'combobox',
  'dialog',
  'heading',
  'image',
  'img',
  'link',
  'menuitem',
  'navigation',
  'radio',
  'radiogroup',
  'searchbox',
  'spinbutton',
  'switch',
  'tab',
  'textbox',
  'tree',
  'treeitem',
])

/**
 * What a page owes to readers who do not see it, do not see it well, or do not use a mouse, as far as a program can tell:
 * names of everything that can be operated (as Chromium computes them), one heading of the first level, one main part, a
 * language, a title, ids that stand once, and the contrast of all text that is shown (WCAG 2.2, 1.4.3). Empty: none found.
 */
export async function accessibilityFaults(page: Page): Promise<readonly string[]> {
  return [...(await namelessNodes(page)), ...(await page.evaluate(structureFaults)), ...(await lowContrast(page))]
}

interface AxNode {
  readonly ignored: boolean
  readonly role?: { readonly value?: unknown }
  readonly name?: { readonly value?: unknown }
  readonly backendDOMNodeId?: number
}

async function namelessNodes(page: Page): Promise<readonly string[]> {
  const session = await page.context().newCDPSession(page)
  try {
    const { nodes } = (await session.send('Accessibility.getFullAXTree')) as { nodes: readonly AxNode[] }
    const nameless = nodes.filter(
      ({ ignored, role, name }) =>
        !ignored && namedRoles.has(String(role?.value)) && String(name?.value ?? '').trim() === '',
    )
    const faults: string[] = []
    for (const { role, backendDOMNodeId } of nameless) {
      if (backendDOMNodeId === undefined) continue
      const { outerHTML } = await session.send('DOM.getOuterHTML', { backendNodeId: backendDOMNodeId })
      // A drawing that claims no role beside a word is an ornament.
      if (/^<svg(?![^>]*role=)/.test(outerHTML)) continue
      faults.push(`${String(role?.value)} without a name: ${outerHTML.slice(0, 160)}`)
    }
    return faults
  } finally {
    await session.detach()
  }
}

/** Text whose contrast is too low, in the scheme that is shown now. */
export async function lowContrast(page: Page): Promise<readonly string[]> {
  return await page.evaluate(contrastFaults)
}

// The functions below run in the page.

function structureFaults(): string[] {
  const faults: string[] = []
  const count = (selector: string) => document.querySelectorAll(selector).length
  if (count('h1') !== 1) faults.push(`${count('h1')} headings of the first level`)
  if (count('main') !== 1) faults.push(`${count('main')} main parts`)
  if (document.documentElement.lang === '') faults.push('no language')
  if (!document.title.endsWith(' · MetaAgent')) faults.push(`the title is "${document.title}"`)
  if (count('[tabindex]:not([tabindex="0"]):not([tabindex="-1"])') > 0) faults.push('a tabindex that changes the order')
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id)
  for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) faults.push(`the id ${id} stands twice`)
  for (const element of document.querySelectorAll('[aria-labelledby], [aria-describedby], [aria-activedescendant]'))
    for (const name of ['aria-labelledby', 'aria-describedby', 'aria-activedescendant'])
      for (const id of (element.getAttribute(name) ?? '').split(/\s+/).filter(Boolean))
        if (document.getElementById(id) === null) faults.push(`${name} names ${id}, which is not there`)
  return faults
}

function contrastFaults(): string[] {
  const canvas = document.createElement('canvas')
  canvas.width = 1
  canvas.height = 1
  const context = canvas.getContext('2d', { willReadFrequently: true })
  if (context === null) return ['no canvas to read colours with']
  const known = new Map<string, readonly [number, number, number, number]>()
  // Computed colours come in many notations; the canvas reads them all.
  const rgba = (color: string) => {
    const before = known.get(color)
    if (before !== undefined) return before
    context.clearRect(0, 0, 1, 1)
    context.fillStyle = color
    context.fillRect(0, 0, 1, 1)
    const [r = 0, g = 0, b = 0, a = 0] = context.getImageData(0, 0, 1, 1).data
    const read = [r, g, b, a / 255] as const
    known.set(color, read)
    return read
  }
  type Rgb = readonly [number, number, number]
  const over = ([r, g, b, a]: readonly [number, number, number, number], [x, y, z]: Rgb): Rgb => [
    r * a + x * (1 - a),
    g * a + y * (1 - a),
    b * a + z * (1 - a),
  ]
  const luminance = (rgb: Rgb) => {
    const [r = 0, g = 0, b = 0] = rgb.map((value) => {
      const share = value / 255
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const groundOf = (element: Element): Rgb => {
    const layers: (readonly [number, number, number, number])[] = []
    for (let at: Element | null = element; at !== null; at = at.parentElement) {
      const layer = rgba(getComputedStyle(at).backgroundColor)
      if (layer[3] > 0) layers.push(layer)
      if (layer[3] === 1) break
    }
    return layers.reduceRight<Rgb>((below, layer) => over(layer, below), [255, 255, 255])
  }
  const opacityOf = (element: Element) => {
    let opacity = 1
    for (let at: Element | null = element; at !== null; at = at.parentElement)
      opacity *= Number(getComputedStyle(at).opacity)
    return opacity
  }
  const faults = new Map<string, string>()
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement
    const text = (node.textContent ?? '').trim()
    if (
      element === null ||
      text === '' ||
      element.closest('svg, script, style, noscript, :disabled, [data-disabled]') !== null
    )
      continue
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue
    const range = document.createRange()
    range.selectNodeContents(node)
    const { width, height } = range.getBoundingClientRect()
    // What is for screen readers alone is one pixel large.
    if (width < 2 || height < 2 || element.closest('.visually-hidden') !== null) continue
    const style = getComputedStyle(element)
    const ground = groundOf(element)
    const [r, g, b, a] = rgba(style.color)
    const [light = 0, dark = 0] = [luminance(over([r, g, b, a * opacityOf(element)], ground)), luminance(ground)].sort(
      (x, y) => y - x,
    )
    const ratio = (light + 0.05) / (dark + 0.05)
    const sizePx = Number.parseFloat(style.fontSize)
    const large = sizePx >= 24 || (sizePx >= 18.66 && Number(style.fontWeight) >= 700)
    if (ratio >= (large ? 3 : 4.5)) continue
    const place = `${element.tagName.toLowerCase()}.${element.className}`
    faults.set(
      place,
      `contrast ${ratio.toFixed(2)} of "${text.slice(0, 40)}" (${place}, ${style.color} on rgb(${ground.map(Math.round).join(' ')}))`,
    )
  }
  return [...faults.values()]
}
