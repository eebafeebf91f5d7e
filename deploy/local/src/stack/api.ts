/** The API refused; `type` is the problem's type. */
export class Refused extends Error {
  readonly status: number
  readonly type: string
  readonly detail: string

  constructor(what: string, status: number, body: string) {
    super(`${what} answers ${status}: ${body.slice(0, 500)}`)
    this.status = status
    const problem = problemOf(body)
    this.type = String(problem.type ?? '')
    this.detail = String(problem.detail ?? '')
  }
}

function problemOf(body: string): { type?: unknown; detail?: unknown } {
  try {
    return (JSON.parse(body) as object | null) ?? {}
  } catch {
    return {}
  }
}

/** One caller of the public HTTP API. */
export class Api {
  readonly #baseUrl: string
  readonly #key: string

  constructor(baseUrl: string, key: string) {
    this.#baseUrl = baseUrl
    this.#key = key
  }

  as(key: string): Api {
    return new Api(this.#baseUrl, key)
  }

  /** Asks and answers the body; rejects with {@link Refused} when the status is not a success. */
  async ask<T>(
    method: string,
    path: string,
    body?: unknown,
    options: { idempotencyKey?: string; language?: string } = {},
  ): Promise<T> {
    const response = await fetch(`${this.#baseUrl}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(options.idempotencyKey ? { 'idempotency-key': options.idempotencyKey } : {}),
        ...(options.language ? { 'accept-language': options.language } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    })
    const text = await response.text()
    if (!response.ok) throw new Refused(`${method} ${path}`, response.status, text)
    return (text === '' ? undefined : JSON.parse(text)) as T
  }
}
