import { randomUUID } from 'node:crypto'
import { EXIT, type ExitCode, Failure } from './exit.ts'

/** The public HTTP API as one caller sees it. Every refusal is a `Failure` that names its remedy. */
export interface Api {
  // biome-ignore lint/suspicious/noExplicitAny: answers are the API's documents; each command names what it reads
  get(path: string): Promise<any>
  // biome-ignore lint/suspicious/noExplicitAny: see above
  post(path: string, body?: unknown): Promise<any>
  delete(path: string): Promise<void>
  /** All items of a list, page by page, at most so many. */
  // biome-ignore lint/suspicious/noExplicitAny: see above
  all(path: string, most?: number): Promise<any[]>
}

interface ProblemDocument {
  type?: string
  title?: string
  detail?: string
  errors?: { field: string; message: string }[]
}

export interface ApiOptions {
  url: string
  key: string
  timeoutMs: number
  fetch?: typeof fetch
}

const PAGE = 200

export function createApi({ url, key, timeoutMs, fetch: send = fetch }: ApiOptions): Api {
  async function call(method: string, path: string, body?: unknown): Promise<unknown> {
    let response: Response
    try {
      response = await send(`${url}/api/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          'accept-language': 'en',
          ...(method === 'POST' && { 'idempotency-key': randomUUID() }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(timeoutMs),
      })
    } catch (error) {
      const { cause, message, name } = error as Error & { cause?: { code?: string } }
      const why = name === 'TimeoutError' ? `no answer in ${timeoutMs / 1000} s` : (cause?.code ?? message)
      throw new Failure(
        EXIT.unreachable,
        `The API at ${url} cannot be reached: ${why}.`,
        'Look at the gateway, or at the address: --url, ONUS_URL or the context.',
      )
    }
    const text = await response.text()
    if (!response.ok) throw refused(method, path, response.status, text)
    return text && /[/+]json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : text
  }
  const get = (path: string) => call('GET', path)
  return {
    get,
    post: (path, body = {}) => call('POST', path, body),
    async delete(path) {
      await call('DELETE', path)
    },
    async all(path, most = 1000) {
      const items: unknown[] = []
      let cursor: string | null | undefined
      do {
        const query = new URLSearchParams({ limit: String(Math.min(PAGE, most)), ...(cursor && { cursor }) })
        const page = (await get(`${path}${path.includes('?') ? '&' : '?'}${query}`)) as {
          items: unknown[]
          nextCursor?: string | null
        }
        items.push(...page.items)
        cursor = page.nextCursor
      } while (cursor && items.length < most)
      return items.slice(0, most)
    },
  }
}

const EXITS: Record<number, [ExitCode, string?]> = {
  401: [
    EXIT.forbidden,
    'The key is not valid (any more). Make a new one, and put it where the context reads it.',
  ],
  403: [
    EXIT.forbidden,
    'Use a key of an owner or admin, or the operator key where the installation is asked.',
  ],
  404: [EXIT.notFound, 'Look at the id, and at whether this key may see it.'],
  429: [EXIT.unreachable, 'Wait a little, and try again.'],
  503: [EXIT.unreachable, 'Something behind the gateway is away: onusctl status says what.'],
}

export function refused(method: string, path: string, status: number, text: string): Failure {
  let problem: ProblemDocument = {}
  try {
    problem = JSON.parse(text) as ProblemDocument
  } catch {
    // Something between us and the gateway answered.
  }
  const [exit, remedy] = EXITS[status] ?? [status >= 500 ? EXIT.unreachable : EXIT.refused]
  const fields = (problem.errors ?? []).map(({ field, message }) => `${field}: ${message}`)
  const said = [problem.detail ?? problem.title ?? `it answered ${status}`, ...fields].join(' ')
  return new Failure(exit, `${method} ${path.split('?')[0]}: ${said}`, remedy)
}
