/** A small client of the public HTTP API for tests: one caller, plain JSON in and out. */
export interface ApiAnswer<T = any> {
  status: number
  body: T
  headers: Headers
}

export interface Api {
  get<T = any>(path: string, headers?: Record<string, string>): Promise<ApiAnswer<T>>
  post<T = any>(path: string, body?: unknown, headers?: Record<string, string>): Promise<ApiAnswer<T>>
  patch<T = any>(path: string, body: unknown, headers?: Record<string, string>): Promise<ApiAnswer<T>>
  put<T = any>(path: string, body: unknown, headers?: Record<string, string>): Promise<ApiAnswer<T>>
  delete<T = any>(path: string, headers?: Record<string, string>): Promise<ApiAnswer<T>>
}

/** A caller of the API at `baseUrl` (without `/api/v1`), with a bearer key or without one. */
export function createApi(baseUrl: string, key?: string): Api {
  const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(`${baseUrl}/api/v1${path}`, {
      method,
      headers: {
        ...(key ? { authorization: `Bearer ${key}` } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    let parsed: unknown = text
    if (/[/+]json/.test(response.headers.get('content-type') ?? '') && text) parsed = JSON.parse(text)
    return { status: response.status, body: parsed as any, headers: response.headers }
  }
  return {
    get: (path, headers) => call('GET', path, undefined, headers),
    post: (path, body = {}, headers) => call('POST', path, body, headers),
    patch: (path, body, headers) => call('PATCH', path, body, headers),
    put: (path, body, headers) => call('PUT', path, body, headers),
    delete: (path, headers) => call('DELETE', path, undefined, headers),
  }
}

/**
 * Asks again until `probe` gives a value that is neither undefined, null nor false.
 * @param what names the thing in the error when `timeoutMs` has passed
 */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined | null | false> | T | undefined | null | false,
  timeoutMs = 20_000,
): Promise<T> {
  const end = Date.now() + timeoutMs
  let last: unknown
  for (;;) {
    try {
      const value = await probe()
      if (value !== undefined && value !== null && value !== false) return value
    } catch (error) {
      last = error
    }
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms for ${what}`, { cause: last })
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
