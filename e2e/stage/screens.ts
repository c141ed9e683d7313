import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../tools/programs.ts'
import { withPalette } from './palette-png.ts'
import type { Visit } from './visit.ts'

const folder = join(root, 'docs/screens')

/** Whether this run renews the pictures of the documentation: `UPDATE_SCREENS=1 npm test -- e2e`. */
const renewing = process.env['UPDATE_SCREENS'] === '1'

/** Keeps the page as it is now, light and dark, as `docs/screens/<name>-<scheme>.png`; does nothing in other runs. */
export async function keepScreen({ page }: Visit, name: string): Promise<void> {
  if (!renewing) return
  mkdirSync(folder, { recursive: true })
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await page.evaluate(() => document.fonts.ready)
    const picture = await page.screenshot({ animations: 'disabled', caret: 'hide' })
    writeFileSync(join(folder, `${name}-${colorScheme}.png`), withPalette(picture))
  }
  await page.emulateMedia({ colorScheme: 'light' })
}
