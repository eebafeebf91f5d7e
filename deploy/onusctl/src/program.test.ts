import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { EXIT } from './exit.ts'
import { run, type World } from './program.ts'

interface Asked {
  method: string
  path: string
  key: string | null
  body: unknown
}

/** What the API answers, by method and path without its query; a number is a refusal with that status. */
type Answers = Record<string, unknown | ((asked: Asked) => unknown)>

interface Tried {
  exit: number
  out: string
  err: string
  asked: Asked[]
  json: () => Record<string, any>
}

async function onusctl(args: string[], answers: Answers = {}, more: Partial<World> = {}): Promise<Tried> {
  let out = ''
  let err = ''
  const asked: Asked[] = []
  const exit = await run(args, {
    out: (text) => (out += text),
    err: (text) => (err += text),
    tty: false,
    env: {
      ONUS_URL: 'https://onus.example/',
      ONUS_KEY: 'account-key',
      ONUS_OPERATOR_KEY: 'operator-key',
      ONUSCTL_CONFIG: '/nowhere/config.json',
    },
    fetch: (async (url: string, init: RequestInit) => {
      const path = url.replace('https://onus.example/api/v1', '')
      const headers = new Headers(init.headers)
      const one = {
        method: init.method ?? 'GET',
        path,
        key: headers.get('authorization'),
        body: init.body === undefined ? undefined : JSON.parse(String(init.body)),
      }
      asked.push(one)
      const known = answers[`${one.method} ${path.split('?')[0]}`]
      const answer = typeof known === 'function' ? known(one) : known
      if (answer instanceof Error) throw answer
      const status = typeof answer === 'number' ? answer : answer === undefined ? 404 : 200
      const body =
        status === 200 ? answer : { detail: `refused with ${status}`, errors: [{ field: 'f', message: 'm' }] }
      return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } })
    }) as typeof fetch,
    ...more,
  })
  return { exit, out, err, asked, json: () => JSON.parse(out) }
}

const list = (items: unknown[]) => ({ items, nextCursor: null })
const AGENTS = list([
  { id: 'ana', name: 'Ana', email: 'ana@acme.example' },
  { id: 'bea', name: 'Bea', email: 'bea@acme.example' },
])
const NAMES = { 'GET /agents': AGENTS, 'GET /departments': list([{ id: 'billing', name: 'Billing' }]) }

describe('a command line', () => {
  it('is explained when it is wrong, and ends with 2', async () => {
    for (const args of [
      ['nonsense'],
      ['ticket', 'explain'],
      ['ticket', 'responsibility', 't1', '--at', 'yesterday'],
      ['stuck', '--limit', '0'],
      ['notices', 'list', '--state', 'lost'],
      ['offboard', 'start', 'ana', '--to', 'Billing'],
      ['completion', 'powershell'],
      ['events', 'replay'],
      ['events', 'replay', '--ticket', 't1', '--since', '1d'],
      ['projection', 'rebuild'],
    ]) {
      const { exit, err, asked } = await onusctl(args)
      expect([args.join(' '), exit, asked]).toEqual([args.join(' '), EXIT.usage, []])
      expect(err).toMatch(/error: /)
    }
  })

  it('has help for everything, and a version', async () => {
    expect(await onusctl(['--help'])).toMatchObject({ exit: 0, out: expect.stringContaining('projection') })
    expect((await onusctl(['offboard', 'start', '--help'])).out).toContain('--dry-run')
    expect((await onusctl(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})

describe('what goes wrong', () => {
  it.each([
    [401, EXIT.forbidden],
    [403, EXIT.forbidden],
    [404, EXIT.notFound],
    [409, EXIT.refused],
    [422, EXIT.refused],
    [503, EXIT.unreachable],
  ])('%i ends with %i and says why and what to do', async (status, exit) => {
    const tried = await onusctl(['ticket', 'timeline', 't1'], { 'GET /tickets/t1/timeline': status })
    expect(tried.exit).toBe(exit)
    expect(tried.err).toContain(`error: GET /tickets/t1/timeline: refused with ${status} f: m`)
  })

  it('says that nobody is there, and where', async () => {
    const gone = Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } })
    const tried = await onusctl(['ticket', 'timeline', 't1'], { 'GET /tickets/t1/timeline': gone })
    expect([tried.exit, tried.err]).toEqual([
      EXIT.unreachable,
      expect.stringContaining('https://onus.example cannot be reached: ECONNREFUSED'),
    ])
  })

  it('says which key is missing', async () => {
    const tried = await onusctl(
      ['ticket', 'timeline', 't1'],
      {},
      { env: { ONUS_URL: 'https://onus.example' } },
    )
    expect([tried.exit, tried.err]).toEqual([EXIT.usage, expect.stringContaining('Set ONUS_KEY')])
    const nowhere = await onusctl(['ticket', 'timeline', 't1'], {}, { env: {} })
    expect(nowhere.err).toContain('It is not known where the API is.')
  })
})

describe('the configuration file', () => {
  const folder = () => mkdtempSync(join(tmpdir(), 'onusctl-'))
  const context = (config: object, env: Record<string, string> = {}) => {
    const directory = folder()
    const file = join(directory, 'config.json')
    writeFileSync(file, JSON.stringify(config), { mode: 0o600 })
    return { file, env: { ONUSCTL_CONFIG: file, ...env } }
  }
  const timeline = ['ticket', 'timeline', 't1']
  const answers = { ...NAMES, 'GET /tickets/t1/timeline': list([]) }

  it('names installations; keys come from the environment or from files', async () => {
    const directory = folder()
    writeFileSync(join(directory, 'key'), 'from-file\n', { mode: 0o600 })
    const url = 'https://onus.example/api/v1'
    const { env } = context(
      {
        current: 'one',
        contexts: {
          one: { url, key: { env: 'MY_KEY' } },
          two: { url, key: { file: join(directory, 'key') } },
        },
      },
      { MY_KEY: 'from-env' },
    )
    const one = await onusctl(timeline, answers, { env })
    expect([one.exit, one.asked[0]?.key, one.err]).toEqual([0, 'Bearer from-env', ''])
    expect((await onusctl(['--context', 'two', ...timeline], answers, { env })).asked[0]?.key).toBe(
      'Bearer from-file',
    )
    const unknown = await onusctl(['--context', 'three', ...timeline], answers, { env })
    expect([unknown.exit, unknown.err]).toEqual([EXIT.usage, expect.stringContaining('Use one of one, two.')])
    const contexts = await onusctl(['--json', 'contexts'], {}, { env })
    expect(contexts.json().contexts.map(({ name, current }: any) => [name, current])).toEqual([
      ['one', true],
      ['two', false],
    ])
  })

  it('warns when others can read it, and refuses what it does not know', async () => {
    const { file, env } = context({ contexts: { one: { url: 'https://onus.example' } } }, { ONUS_KEY: 'k' })
    chmodSync(file, 0o644)
    const exposed = await onusctl(['--context', 'one', ...timeline], answers, { env })
    expect([exposed.exit, exposed.err]).toEqual([0, expect.stringContaining(`chmod 600 ${file}`)])
    const secret = context({ contexts: { one: { url: 'https://onus.example', key: 'plain' } } })
    const refused = await onusctl(timeline, answers, { env: secret.env })
    expect([refused.exit, refused.err]).toEqual([EXIT.usage, expect.stringContaining('contexts.one.key')])
  })

  it('reads the embedded stack with --local', async () => {
    const directory = join(folder(), 'stack')
    mkdirSync(directory)
    const missing = await onusctl(['--local', ...timeline], answers, { env: { ONUS_DIR: directory } })
    expect([missing.exit, missing.err]).toEqual([EXIT.unreachable, expect.stringContaining('npm start')])
    const local = {
      baseUrl: 'https://onus.example',
      operatorKey: 'op',
      temporalAddress: '127.0.0.1:1',
      temporalNamespace: 'default',
      kafkaBrokers: '127.0.0.1:2',
      demo: {
        agents: [
          { role: 'agent', apiKey: 'no' },
          { role: 'owner', apiKey: 'owner' },
        ],
      },
    }
    writeFileSync(join(directory, 'local.json'), JSON.stringify(local))
    const found = await onusctl(['--local', ...timeline], answers, { env: { ONUS_DIR: directory } })
    expect([found.exit, found.asked[0]?.key]).toEqual([0, 'Bearer owner'])
  })
})

describe('status', () => {
  const well = {
    'GET /operations/status': {
      version: '1',
      parts: [{ name: 'ticket', state: 'ready', version: '1', problems: {} }],
      kafka: {
        state: 'ready',
        groups: [{ group: 'webhooks', topic: 't', lag: 0, consumed: true }],
        parked: [],
      },
    },
    'GET /operations/orphans': { orphans: 0, leaving: 0, accounts: [] },
    'GET /notifications/health': { providers: [{ name: 'email', state: 'ok' }], broken: [] },
    'GET /notifications': list([]),
    'GET /webhooks': list([]),
  }

  it('is 0 when all is well, in text and as a document', async () => {
    const text = await onusctl(['status'], well)
    expect([text.exit, text.out]).toEqual([0, expect.stringContaining('All is well.')])
    const { exit, json } = await onusctl(['status', '--json'], well)
    expect([exit, json()]).toEqual([
      0,
      expect.objectContaining({ schema: 'onusctl/status/v1', ok: true, findings: [], temporal: null }),
    ])
  })

  it('says what is wrong and where help is, and ends with 1', async () => {
    const { exit, json } = await onusctl(['--json', 'status'], {
      ...well,
      'GET /operations/status': {
        version: '1',
        parts: [{ name: 'rules', state: 'not_ready', problems: { mongodb: 'refused' } }],
        kafka: {
          state: 'ready',
          groups: [{ group: 'g', topic: 't', lag: 5000, consumed: false }],
          parked: [],
        },
      },
      'GET /operations/orphans': { orphans: 2, leaving: 0, accounts: [] },
      'GET /notifications/health': {
        providers: [{ name: 'email', state: 'failing', error: '451' }],
        broken: [{}],
      },
    })
    expect(exit).toBe(EXIT.found)
    expect(new Set(json().findings.map(({ what }: any) => what))).toEqual(
      new Set([
        '2 tickets are held by somebody who may not see them',
        'rules is not ready: mongodb: refused',
        'g is 5000 records behind on t, and nobody consumes for it',
        'the provider of email fails: 451',
        '1 addresses or tokens have an open breaker',
      ]),
    )
  })

  it('shows the rest when a part of the API is away, and ends with 3 when all of it is', async () => {
    const half = await onusctl(['--json', 'status'], { ...well, 'GET /operations/status': 503 })
    expect([half.exit, half.json().orphans]).toEqual([EXIT.found, { orphans: 0, leaving: 0 }])
    expect(
      (await onusctl(['--json', 'status'], Object.fromEntries(Object.keys(well).map((key) => [key, 503]))))
        .exit,
    ).toBe(EXIT.unreachable)
  })
})

describe('off-boarding', () => {
  const offboarding = {
    ...{ id: 'o1', agentId: 'ana', status: 'removed', tickets: 3, moved: 0, givenBack: 0 },
    ...{ byDepartment: [{ departmentId: 'billing', tickets: 3 }], successors: [] },
  }
  const answers = {
    ...NAMES,
    'POST /agents/ana/offboarding': ({ body }: Asked) => ({
      ...offboarding,
      state: (body as any).dryRun ? 'preview' : 'running',
    }),
    'GET /agents/ana/offboarding': { ...offboarding, state: 'completed', moved: 3 },
    'POST /agents/ana/offboarding/pause': { ...offboarding, state: 'paused' },
  }
  const start = ['offboard', 'start', 'ana@acme.example', '--to', 'Billing=bea']

  it('counts first, asks, and does nothing without a yes', async () => {
    const asks: string[] = []
    const no = await onusctl(start, answers, {
      ask: async (question) => {
        asks.push(question)
        return 'n'
      },
    })
    expect([
      no.exit,
      no.asked.filter(({ method }) => method === 'POST').map(({ body }: any) => body.dryRun),
    ]).toEqual([EXIT.refused, [true]])
    expect(asks).toEqual(['Make the agent removed and move 3 tickets? [y/N] '])
    const nobody = await onusctl(start, answers)
    expect([nobody.exit, nobody.err]).toEqual([EXIT.usage, expect.stringContaining('Say --yes.')])
  })

  it('goes on to its end, with successors by name', async () => {
    const { exit, asked, json } = await onusctl([...start, '--yes', '--json'], answers)
    expect(asked.findLast(({ method }) => method === 'POST')?.body).toEqual({
      status: 'removed',
      dryRun: false,
      successors: [{ departmentId: 'billing', agentId: 'bea' }],
    })
    expect([exit, json().offboarding]).toMatchObject([0, { state: 'completed', moved: 3 }])
  })

  it('says that a paused one waits for somebody, and knows no strangers', async () => {
    expect((await onusctl(['offboard', 'pause', 'ana'], answers)).exit).toBe(EXIT.found)
    expect((await onusctl(['offboard', 'status', 'zoe'], answers)).exit).toBe(EXIT.notFound)
  })
})

describe('projection', () => {
  const pages = (): Answers => {
    let page = 0
    const difference = { accountId: 'a', ticketId: 't1', kind: 'behind', logSequence: 4, sequence: 3 }
    return {
      'POST /operations/projection': ({ body }: Asked) => {
        page += 1
        const repaired = (body as any).repair === true
        return page === 1
          ? { tickets: 100, repaired: 0, woken: 0, differences: [], nextCursor: 'c1' }
          : {
              tickets: 5,
              repaired: Number(repaired),
              woken: 0,
              differences: [{ ...difference, repaired }],
              nextCursor: null,
            }
      },
    }
  }

  it('goes through all pages with the operator’s key, and ends with 1 for a difference', async () => {
    const { exit, asked, json } = await onusctl(['--json', 'projection', 'verify'], pages())
    expect(asked.map(({ key, body }) => [key, (body as any).cursor])).toEqual([
      ['Bearer operator-key', undefined],
      ['Bearer operator-key', 'c1'],
    ])
    expect([exit, json()]).toMatchObject([
      1,
      { tickets: 105, complete: true, differences: [{ kind: 'behind' }] },
    ])
  })

  it('rebuilds when told to, and is 0 when nothing is left', async () => {
    const { exit, asked, out } = await onusctl(['projection', 'rebuild', '--yes', '--follow-log'], pages())
    expect(asked[0]?.body).toMatchObject({ repair: true, wake: true, followLog: true })
    expect([exit, out]).toEqual([0, expect.stringContaining('Everything follows the log.')])
  })
})

it('knows a ticket by its number and by the id of its workflow', async () => {
  const timeline = { 'GET /tickets/abc/timeline': list([]), ...NAMES }
  const found = list([
    { id: 'other', number: '112' },
    { id: 'abc', number: '12' },
  ])
  for (const named of ['12', '#12', 'ticket:acme:abc', 'abc']) {
    const { exit, json } = await onusctl(['--json', 'ticket', 'timeline', named], {
      ...timeline,
      'GET /tickets': found,
    })
    expect([named, exit, json().ticketId]).toEqual([named, EXIT.ok, 'abc'])
  }
  const none = await onusctl(['ticket', 'timeline', '13'], { ...timeline, 'GET /tickets': found })
  expect(none.exit).toBe(EXIT.notFound)
  expect(none.err).toContain('no ticket with the number 13')
})

it('retries notices that failed, and says which could not be', async () => {
  const { exit, asked, json } = await onusctl(['--json', 'notices', 'retry', '--yes', '--channel', 'email'], {
    'GET /notifications': list([{ id: 'n1' }, { id: 'n2' }]),
    'POST /notifications/n1/resend': { state: 'planned' },
    'POST /notifications/n2/resend': 409,
  })
  expect(asked[0]?.path).toContain('state=failed&channel=email')
  expect([exit, json().retried.map(({ ok }: any) => ok)]).toEqual([EXIT.found, [true, false]])
})

it('replays to a webhook and to Kafka', async () => {
  const toKafka = await onusctl(['events', 'replay', '--ticket', 't1', '--from', '3'], {
    'POST /tickets/t1/events/republish': { state: 'done', events: 4 },
  })
  expect([toKafka.exit, toKafka.asked[0]?.body, toKafka.out]).toEqual([
    ...[0, { fromSequence: 3 }, '4 events were published again.\n'],
  ])
  const toWebhook = await onusctl(
    ['events', 'replay', '--webhook', 'w1', '--since', '2026-01-31', '--no-wait'],
    {
      'POST /webhooks/w1/replay': { id: 'r1', state: 'running', deliveries: 0 },
    },
  )
  expect(toWebhook.asked[0]?.body).toEqual({ since: '2026-01-31T00:00:00.000Z' })
})

it('runs a draft of rules dry, and cannot be fed anything else', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'onusctl-')), 'rules.json')
  writeFileSync(file, JSON.stringify({ items: [{ name: 'r' }] }))
  const run = {
    ...{ id: 'd1', progress: 1, ticketsRead: 2, wouldDiffer: [], wouldDifferTotal: 0 },
    ...{ notices: [], loops: [], load: [{ agentId: 'ana', before: 1, after: 2 }], unknown: [] },
  }
  const answers = {
    ...NAMES,
    'POST /rules/dry-run': { ...run, state: 'running', loopsTotal: 0 },
    'GET /rules/dry-run/d1': { ...run, state: 'completed', loopsTotal: 0 },
  }
  const { exit, asked, out } = await onusctl(['rules', 'dry-run', file, '--limit', '10'], answers)
  expect([exit, asked[0]?.body]).toEqual([0, { rules: [{ name: 'r' }], limit: 10 }])
  expect(out).toContain('Ana    1      2')
  writeFileSync(file, '{}')
  expect((await onusctl(['rules', 'dry-run', file], answers)).exit).toBe(EXIT.usage)
})
