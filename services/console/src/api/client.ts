import type { ProblemDocument } from './types.ts'

const BASE = '/api/v1'
/** A command that got no answer is sent again under the same key, so that it happens once. */
const TRIES = 3
const WAIT_MS = 700

/** Why a request failed: the API's problem, or that nobody answered (`offline`). */
export class ApiError extends Error {
  readonly status: number
  /** Last part of the problem's type, for example `already-claimed`. */
  readonly reason: string
  readonly problem: ProblemDocument | null

  constructor(status: number, problem: ProblemDocument | null) {
    super(problem?.detail ?? `HTTP ${status}`)
    this.name = 'ApiError'
    this.status = status
    this.problem = problem
    this.reason = status === 0 ? 'offline' : (problem?.type.split('/').pop() ?? 'unknown')
  }
}

export interface RequestOptions {
  json?: unknown
  form?: FormData
  signal?: AbortSignal
  language?: string
  /** Goes out even when the page is closing. */
  keepalive?: boolean
  /** Of a command that may have been given before without an answer, so that it happens once. */
  key?: string
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** Told when the session has ended. */
let onSignedOut = (): void => {}
export const whenSignedOut = (then: () => void): void => {
  onSignedOut = then
}

export const signedOut = (): void => onSignedOut()

/** Asks the API. An answer without a body is null. */
export async function request<T>(method: Method, path: string, options: RequestOptions = {}): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' }
  if (options.json !== undefined) headers['content-type'] = 'application/json'
  if (options.language) headers['accept-language'] = options.language
  if (method === 'POST') headers['idempotency-key'] = options.key ?? crypto.randomUUID()
  const init: RequestInit = {
    method,
    headers,
    signal: options.signal,
    keepalive: options.keepalive,
    body: options.form ?? (options.json === undefined ? undefined : JSON.stringify(options.json)),
  }
  const response = await answered(BASE + path, init, method === 'POST' && !options.form ? TRIES : 1)
  if (response.status === 204) return null as T
  const body = /json/.test(response.headers.get('content-type') ?? '') ? await response.json() : null
  if (response.ok) return body as T
  if (response.status === 401) signedOut()
  throw new ApiError(response.status, body as ProblemDocument | null)
}

async function answered(url: string, init: RequestInit, tries: number): Promise<Response> {
  for (let left = tries; ; left--) {
    try {
      return await fetch(url, init)
    } catch (error) {
      if (init.signal?.aborted) throw error
      if (left <= 1) throw new ApiError(0, null)
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS))
    }
  }
}

export const get = <T>(path: string, options?: RequestOptions): Promise<T> => request('GET', path, options)
export const post = <T>(path: string, json: unknown = {}): Promise<T> => request('POST', path, { json })
export const put = <T>(path: string, json: unknown): Promise<T> => request('PUT', path, { json })
export const patch = <T>(path: string, json: unknown): Promise<T> => request('PATCH', path, { json })
export const remove = (path: string): Promise<null> => request('DELETE', path)

/** All pages of a list that is short, such as the departments. */
export async function getAll<T>(path: string, options?: RequestOptions): Promise<T[]> {
  const items: T[] = []
  let cursor: string | null = null
  do {
    const query: string = `${path.includes('?') ? '&' : '?'}limit=200${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`
    const page: { items: T[]; nextCursor: string | null } = await get(path + query, options)
    items.push(...page.items)
    cursor = page.nextCursor
  } while (cursor)
  return items
}
