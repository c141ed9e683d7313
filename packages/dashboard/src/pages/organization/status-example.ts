/** A script that shows the live status on a page of another origin; it needs nothing but a key. */
export function statusExample(origin: string): string {
  return `const stream = await fetch('${origin}/api/v1/status/stream?window=1h', {
  headers: { authorization: 'Bearer YOUR_KEY' },
})
let text = ''
for await (const part of stream.body.pipeThrough(new TextDecoderStream())) {
  const events = (text + part).split('\\n\\n')
  text = events.pop()
  for (const event of events) {
    const data = /^data: (.*)$/m.exec(event)?.[1]
    if (data === undefined) continue
    const { agents, domains, environments } = JSON.parse(data)
    console.table(domains)
  }
}`
}
