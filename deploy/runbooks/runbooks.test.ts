import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createProgram } from '@onus/onusctl/program'
import { describe, expect, it } from 'vitest'

/** What alerts lead to is there, and what the pages tell people to type is understood. */

const folder = new URL('./', import.meta.url)
const pages = readdirSync(folder).filter((name) => name.endsWith('.md'))
const read = (name: string): string => readFileSync(new URL(name, folder), 'utf8')
const alerts = readFileSync(new URL('../observability/alerts.yaml', import.meta.url), 'utf8')
const namesOfAlerts = [...alerts.matchAll(/alert: (\w+)/g)].map(([, name]) => name as string)

/** Command lines of a page: in blocks, and in the text. */
const commandLines = (text: string): string[] =>
  [...text.matchAll(/(?:^|`|"|\s)(onusctl (?:[^`\n|,;]|\\\|)+)/g)]
    .map(([, line]) => (line as string).split(/\s#\s|\s{3,}| and /)[0]!.trim())
    .filter(
      (line) =>
        /^onusctl (--|[a-z]+\b)/.test(line) &&
        !/^onusctl (says|ends|needs|shows|is|lists|names)\b/.test(line),
    )

async function problemOf(line: string): Promise<string | undefined> {
  let wrong: string | undefined
  const program = createProgram(
    { out: () => {}, err: (text) => (wrong ??= text), env: {}, tty: false },
    () => {},
  )
  const silent = (command: typeof program): void => {
    // Parsed and not run.
    if (command.commands.length === 0) command.action(() => {})
    for (const child of command.commands) silent(child)
  }
  silent(program)
  const words = line
    .split(/\s+/)
    .slice(1)
    .map((word) => word.replace(/^<.*>$|[….]+$/g, 'x').replace(/[).:]+$/, ''))
  try {
    await program.parseAsync(words, { from: 'user' })
    return undefined
  } catch {
    return wrong ?? 'it cannot be parsed'
  }
}

describe('alerts', () => {
  it('lead to pages that are there', () => {
    const urls = [...alerts.matchAll(/runbook_url: .*\/([\w-]+\.md)/g)].map(([, page]) => page as string)
    expect(urls.length).toBeGreaterThan(0)
    for (const page of urls) expect(pages).toContain(page)
  })

  it('that pages name are there', () => {
    for (const page of pages)
      for (const [, name] of read(page).matchAll(/`(Onus[A-Z]\w+)`/g))
        if (
          /^Onus(Account|Department|Agent|Status|Unclaimed|Unpublished|Channel|Recipient)/.test(name!) ===
          false
        )
          expect(namesOfAlerts, page).toContain(name)
  })

  it('are each on the page that they lead to', () => {
    for (const [, name, body] of alerts.matchAll(/alert: (\w+)([\s\S]*?)(?=alert: |$)/g)) {
      const page = /runbook_url: .*\/([\w-]+\.md)/.exec(body!)?.[1]
      if (page) expect(read(page), `${name} in ${page}`).toContain(name)
    }
  })
})

describe.each(pages)('%s', (page) => {
  const text = read(page)

  it('says only command lines that onusctl understands', async () => {
    for (const line of commandLines(text)) expect([line, await problemOf(line)]).toEqual([line, undefined])
  })

  it('leads nowhere that is not there', () => {
    for (const [, target] of text.matchAll(/\]\(([^)#]+)\)/g))
      if (!/^https?:/.test(target!)) expect(existsSync(new URL(target!, folder)), target).toBe(true)
  })

  it('has what somebody needs at night', () => {
    if (page === 'README.md') return
    for (const heading of ['## Look', '## What to do', '## Over when', '## Tell people'])
      expect(text).toContain(heading)
    expect(text).toMatch(/\*Tried/)
  })
})
