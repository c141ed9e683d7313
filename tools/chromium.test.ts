import { expect, test } from 'vitest'
import { ensureChromium, findChromium } from './chromium.ts'

const installedAt =
  (...paths: readonly string[]) =>
  (path: string) =>
    paths.includes(path)
const fail = () => {
  throw new Error('installed although it may not')
}

test('CHROMIUM_BIN is taken before what is installed', () => {
  const isExecutable = installedAt('/opt/chrome', '/usr/bin/chromium')
  expect(findChromium({ environment: { CHROMIUM_BIN: '/opt/chrome' }, isExecutable })).toBe('/opt/chrome')
  expect(findChromium({ environment: {}, isExecutable })).toBe('/usr/bin/chromium')
})

test('a wrong CHROMIUM_BIN is said, not papered over', () => {
  const surroundings = { environment: { CHROMIUM_BIN: '/opt/gone' }, isExecutable: installedAt('/usr/bin/chromium') }
  expect(ensureChromium({ ...surroundings, mayInstall: true, install: fail })).toEqual({
    missing: 'CHROMIUM_BIN names /opt/gone, which cannot be run. Correct it or unset it.',
  })
})

test('any folder of the path counts, Chrome as well as Chromium', () => {
  const isExecutable = installedAt('/home/a/bin/google-chrome')
  expect(findChromium({ environment: { PATH: '/bin:/home/a/bin' }, isExecutable })).toBe('/home/a/bin/google-chrome')
})

test('where it may, it installs the package and finds it', () => {
  let installed = false
  const chromium = ensureChromium({
    environment: {},
    isExecutable: (path) => installed && path === '/usr/bin/chromium',
    mayInstall: true,
    install: () => {
      installed = true
    },
  })
  expect(chromium).toEqual({ path: '/usr/bin/chromium' })
})

test('the shell without windows is taken before the whole browser, and installed beside it where it may', () => {
  const both = installedAt('/usr/bin/chromium', '/usr/bin/chromium-headless-shell')
  expect(findChromium({ environment: {}, isExecutable: both })).toBe('/usr/bin/chromium-headless-shell')
  let installed = false
  const surroundings = {
    environment: {},
    isExecutable: (path: string) => (installed ? both(path) : path === '/usr/bin/chromium'),
    mayInstall: true,
    install: () => {
      installed = true
    },
  }
  expect(ensureChromium({ ...surroundings, mayInstall: false })).toEqual({ path: '/usr/bin/chromium' })
  expect(ensureChromium(surroundings)).toEqual({ path: '/usr/bin/chromium-headless-shell' })
})

test('where the shell cannot be installed, the whole browser does', () => {
  const isExecutable = installedAt('/usr/bin/chromium')
  expect(ensureChromium({ environment: {}, isExecutable, mayInstall: true, install: fail })).toEqual({
    path: '/usr/bin/chromium',
  })
})

test('where it may not, or the install fails, it says what to do', () => {
  const nothing = { environment: {}, isExecutable: installedAt() }
  expect(ensureChromium({ ...nothing, mayInstall: false, install: fail })).toMatchObject({
    missing: expect.stringContaining('set CHROMIUM_BIN'),
  })
  expect(ensureChromium({ ...nothing, mayInstall: true, install: fail })).toMatchObject({
    missing: expect.stringContaining('installed although it may not'),
  })
  expect(ensureChromium({ ...nothing, mayInstall: true, install: () => undefined })).toMatchObject({
    missing: expect.stringContaining('without a program'),
  })
})
