import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parse } from 'yaml'

const ROOT = resolve(import.meta.dirname, '../..')
const FILES = join(ROOT, 'charts/onus/files')

/** A query of an alert or a dashboard, and where it stands. */
export interface Query {
  where: string
  expr: string
}

interface Panel {
  title?: string
  panels?: Panel[]
  targets?: { expr: string }[]
}

export interface Dashboard {
  uid: string
  title: string
  panels: Panel[]
  templating: { list: { name: string; type: string; query?: unknown }[] }
}

export async function dashboards(): Promise<[string, Dashboard][]> {
  const folder = join(FILES, 'dashboards')
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'))
  return await Promise.all(
    names.map(
      async (name): Promise<[string, Dashboard]> => [
        name,
        JSON.parse(await readFile(join(folder, name), 'utf8')),
      ],
    ),
  )
}

export interface Alert {
  alert: string
  expr: string
  for?: string
  labels: { severity: string }
  annotations: { summary: string; description: string; runbook_url: string }
}

export const ALERTS_FILE = join(FILES, 'alerts.yaml')
export const ALERT_TESTS_FILE = join(FILES, 'alerts.test.yaml')

export async function alerts(): Promise<Alert[]> {
  const file = parse(await readFile(ALERTS_FILE, 'utf8')) as { groups: { rules: Alert[] }[] }
  return file.groups.flatMap(({ rules }) => rules)
}

const panelsOf = (panel: Panel): Panel[] => [panel, ...(panel.panels ?? []).flatMap(panelsOf)]

/** Everything that is asked of Prometheus. */
export async function queries(): Promise<Query[]> {
  const ofAlerts = (await alerts()).map(({ alert, expr }) => ({ where: alert, expr }))
  const ofPanels = (await dashboards()).flatMap(([name, { panels }]) =>
    panels
      .flatMap(panelsOf)
      .flatMap(({ title, targets = [] }) =>
        targets.map(({ expr }) => ({ where: `${name}: ${title}`, expr })),
      ),
  )
  return [...ofAlerts, ...ofPanels]
}

/** What Grafana puts in before it asks. */
export const filledIn = (expr: string): string =>
  expr.replaceAll('$__rate_interval', '5m').replaceAll('$__range', '1h').replaceAll('$namespace', '.*')

const KEYWORDS = new Set(
  'by without on ignoring group_left group_right bool and or unless offset inf nan'.split(' '),
)

/** The metrics that a query names. */
export function metricsIn(expr: string): string[] {
  const bare = filledIn(expr)
    .replace(/"[^"]*"/g, '')
    .replace(/\{[^}]*\}/g, '')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, '')
  const names = bare.match(/[a-zA-Z_:][\w:]*(?!\w*\s*\()/g) ?? []
  return [...new Set(names.filter((name) => !KEYWORDS.has(name.toLowerCase()) && /_/.test(name)))].filter(
    (name) => !new RegExp(`\\b${name}\\s*\\(`).test(bare),
  )
}

const DECLARED =
  /meter\s*\.create(Counter|Histogram|Gauge|ObservableGauge|ObservableCounter|UpDownCounter)\(\s*'([^']+)'/g

/** The names, as Prometheus sees them, of what our code declares. */
export async function declaredMetrics(): Promise<Set<string>> {
  const names = new Set<string>()
  const folder = join(ROOT, 'services')
  const files = (await readdir(folder, { recursive: true })).filter(
    (file) => file.endsWith('.ts') && !file.includes('node_modules') && !file.endsWith('.test.ts'),
  )
  for (const file of files) {
    const text = await readFile(join(folder, file), 'utf8')
    for (const [, kind, name] of text.matchAll(DECLARED)) {
      const plain = name!.replaceAll(/[^a-zA-Z0-9_:]/g, '_')
      if (kind === 'Counter' || kind === 'ObservableCounter') names.add(`${plain}_total`)
      else names.add(plain)
      if (kind === 'Histogram') for (const part of ['bucket', 'sum', 'count']) names.add(`${plain}_${part}`)
    }
  }
  for (const name of ['rpc_server_call', 'rpc_client_call', 'http_server_request'])
    for (const part of ['bucket', 'sum', 'count']) names.add(`${name}_duration_seconds_${part}`)
  return names
}

/** The names in what a scrape gave. */
export function scrapedMetrics(text: string): Set<string> {
  const names = new Set<string>()
  for (const line of text.split('\n')) {
    const name = /^([a-zA-Z_:][\w:]*)/.exec(line)?.[1]
    if (name) names.add(name)
  }
  return names
}
