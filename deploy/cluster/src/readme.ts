import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

/**
 * Makes charts/onus/README.md of the comments in values.yaml: `npm run chart:readme`. With --check it changes
 * nothing and fails when the file is not what it would make.
 */
const CHART = resolve(import.meta.dirname, '../../../charts/onus')

interface Value {
  path: string
  /** Empty for one that has others in it. */
  preset: string
  text: string
}

/** A value with its comment: lines that begin with `# --`, and those that go on. */
export function readValues(yaml: string): Value[] {
  const values: Value[] = []
  const above: { indent: number; key: string }[] = []
  let comment: string[] = []
  /** What is inside a list is no value of its own. */
  let listIndent = Number.POSITIVE_INFINITY
  for (const line of yaml.split('\n')) {
    const indent = line.search(/\S/)
    const begins = /^\s*# -- (.*)$/.exec(line)
    const goesOn = /^\s*# (.*)$/.exec(line)
    if (begins) comment = [begins[1] ?? '']
    else if (goesOn && comment.length > 0) comment.push(goesOn[1] ?? '')
    if (indent < 0) comment = []
    if (indent < 0 || goesOn) continue
    if (line.startsWith('- ', indent)) listIndent = Math.min(listIndent, indent)
    if (indent >= listIndent) continue
    listIndent = Number.POSITIVE_INFINITY
    const [, key = '', preset = ''] = /^\s*(\w+):\s*(.*)$/.exec(line) ?? []
    while (above.length > 0 && above.at(-1)!.indent >= indent) above.pop()
    above.push({ indent, key })
    const path = above.map((each) => each.key).join('.')
    if (preset || comment.length > 0) values.push({ path, preset, text: comment.join(' ') })
    comment = []
  }
  return values
}

const cell = (text: string) => text.replaceAll('|', '\\|')

export function readmeOf(yaml: string, chart: string): string {
  const field = (name: string) => new RegExp(`^${name}: '?(.*?)'?$`, 'm').exec(chart)?.[1] ?? ''
  const rows = readValues(yaml).map(
    ({ path, preset, text }) => `| \`${path}\` | ${preset ? `\`${cell(preset)}\`` : ''} | ${cell(text)} |`,
  )
  return `<!-- Made of values.yaml by \`npm run chart:readme\`; change it there. -->
# The Onus chart

${field('description')} Version ${field('version')}, for Kubernetes ${field('kubeVersion').replace('-0', '')}.
One image runs all parts: gateway (with the console), ticket, ticketWorker, directory, rules, notification. Temporal,
Kafka, MongoDB and a mail server are yours; \`values-dev.yaml\` starts throw-away ones for a trial.

\`\`\`sh
helm install onus charts/onus -f values.yaml
helm test onus
\`\`\`

[docs/deploy.md](../../docs/deploy.md) goes through an installation, [UPGRADING.md](../../UPGRADING.md) through upgrades. A value
that is missing, misspelt or out of place fails with its name and the remedy.

## Values
Every part also has what \`defaults\` has, and its own wins.

| value | default | |
|---|---|---|
${rows.join('\n')}
`
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({ options: { check: { type: 'boolean' } } })
  const file = join(CHART, 'README.md')
  const read = (name: string) => readFileSync(join(CHART, name), 'utf8')
  const text = readmeOf(read('values.yaml'), read('Chart.yaml'))
  if (!values.check) writeFileSync(file, text)
  else if (read('README.md') !== text) {
    console.error('charts/onus/README.md is stale; run `npm run chart:readme`')
    process.exit(1)
  }
}
