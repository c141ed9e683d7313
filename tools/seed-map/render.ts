import { isBuilt, type SeedName } from './seed-name.ts'

const titles: Readonly<Record<SeedName['seed'], string>> = {
  1: 'Meta Agent v2: the executive control plane for quality',
  2: 'Sentinel: observability and improvement of agents',
  3: 'Meta Loop Supervisor: cross-domain oversight',
  4: 'MetaQore: governance of what agents make',
  5: 'Meta Module: the meta-learning layer',
}

/** The map as Markdown. */
export function renderMap(names: readonly SeedName[]): string {
  const builtCount = names.filter(({ place }) => isBuilt(place)).length
  return `${[
    '# Seed map',
    '',
    'MetaAgent unites five systems that were specified apart. Whatever those specifications name (class, method, event,',
    'topic, table, endpoint, header, environment name, default) exists here in TypeScript spelling; this page says where,',
    'and which test holds it. What is not built yet stands under the work that brings it.',
    '',
    `**${builtCount} of ${names.length} names are built.** Made by \`node tools/seed-map/write.ts\` from the tables in`,
    '`tools/seed-map/`; `seed-map.test.ts` fails when a place is wrong, when this page is out of date, or when the list of',
    'pending names (`docs/seed-map.pending.json`) grows.',
    ...([1, 2, 3, 4, 5] as const).flatMap((seed) =>
      seedLines(
        seed,
        names.filter((name) => name.seed === seed),
      ),
    ),
  ].join('\n')}\n`
}

function seedLines(seed: SeedName['seed'], names: readonly SeedName[]): readonly string[] {
  const sections = [...new Set(names.map(({ section }) => section))]
  return [
    '',
    `## ${seed}. ${titles[seed]}`,
    ...sections.flatMap((section) => [
      '',
      `### ${section}`,
      '',
      '| in the seed | kind | here | where | test |',
      '|---|---|---|---|---|',
      ...names.filter((name) => name.section === section).map(tableRow),
    ]),
  ]
}

function tableRow({ kind, theirs, ours, place }: SeedName): string {
  const cells = isBuilt(place)
    ? [
        code(theirs),
        kind,
        code(ours),
        `${code(place.file)}${place.symbol === ours ? '' : `: ${code(place.symbol)}`}`,
        code(place.test),
      ]
    : [code(theirs), kind, code(ours), `comes with *${place}*`, '']
  return `| ${cells.join(' | ')} |`
}

function code(text: string): string {
  return `\`${text.replaceAll('|', String.raw`\|`)}\``
}
