import type { ReadManifest } from './manifest-reading.ts'
import { readPep508 } from './pep508.ts'
import type { VersionRequirement } from './requirement.ts'

type Requirement = Omit<VersionRequirement, 'holder'>
type Read = Requirement | { readonly problem: string } | null

/** pip's requirements file: hashes and options of the index are passed over, they say nothing about versions. */
export function readRequirementsTxt(text: string): ReadManifest {
  const requirements: Requirement[] = []
  const problems: { readonly line: number; readonly text: string }[] = []
  for (const { line, content } of logicalLines(text)) {
    const read = readLine(content)
    if (read === null) continue
    if ('problem' in read) problems.push({ line, text: read.problem })
    else requirements.push(read)
  }
  return { requirements, problems }
}

/** Lines with what a backslash at their end joins to them, without comments; numbered by their first line. */
function logicalLines(text: string): readonly { readonly line: number; readonly content: string }[] {
  const lines: { line: number; content: string }[] = []
  let open: { line: number; parts: string[] } | null = null
  for (const [at, raw] of text.split(/\r\n|\n|\r/).entries()) {
    const isComment = raw.trimStart().startsWith('#')
    const goesOn = !isComment && raw.endsWith('\\')
    const part = isComment ? '' : goesOn ? raw.slice(0, -1) : raw
    open ??= { line: at + 1, parts: [] }
    open.parts.push(part)
    if (goesOn) continue
    lines.push({ line: open.line, content: open.parts.join('') })
    open = null
  }
  if (open !== null) lines.push({ line: open.line, content: open.parts.join('') })
  return lines.map(({ line, content }) => ({ line, content: withoutComment(content).trim() }))
}

/** A comment begins with `#` behind a space; in an address it is part of it. */
function withoutComment(content: string): string {
  const at = content.search(/(^|\s)#/)
  return at < 0 ? content : content.slice(0, at)
}

function readLine(content: string): Read {
  if (content === '') return null
  if (content.startsWith('-')) return readOption(content)
  if (/\$\{[A-Z0-9_]+\}/.test(content)) return { problem: 'It depends on a variable of the environment.' }
  // Options of one requirement (`--hash=…`, `--config-settings …`) follow it.
  const end = content.search(/\s--?[a-z]/i)
  const requirement = end < 0 ? content : content.slice(0, end)
  return readPep508(requirement) ?? readAddress(requirement)
}

function readOption(content: string): Read {
  const [, option, operand] = /^(--?[a-z-]+)[\s=]*(.*)$/i.exec(content) ?? []
  switch (option) {
    case '-r':
    case '--requirement':
      return { problem: `It also takes what stands in ${short(operand)}, which is not seen here.` }
    case '-c':
    case '--constraint':
      return { problem: `${short(operand)} limits versions, which is not seen here.` }
    case '-e':
    case '--editable':
      return readAddress(operand ?? '')
    default:
      return option === undefined || option.length < 2 ? { problem: `${short(content)} is no option of pip.` } : null
  }
}

/** A folder, an archive or a repository: a requirement of which no version is known, where it says its name. */
function readAddress(address: string): Read {
  const [, name] = /[#&]egg=([a-z0-9][a-z0-9._-]*)/i.exec(address) ?? []
  if (name !== undefined) return { ecosystem: 'pypi', name, range: `@ ${address}` }
  const isAddress = /^[a-z][a-z0-9+.-]*:\/\/|^\.{0,2}[/\\]|\.(whl|zip|tar\.gz|tgz)$|^\.$/i.test(address)
  if (isAddress) return { problem: `${short(address)} does not say which package it is.` }
  return { problem: `${short(address)} is no requirement that pip reads.` }
}

function short(text: string | undefined): string {
  return `“${(text ?? '').trim().slice(0, 200)}”`
}
