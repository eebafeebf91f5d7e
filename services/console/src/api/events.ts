/** One server-sent event. */
export interface ServerEvent {
  id: string
  event: string
  data: string
}

/** Takes a stream of server-sent events apart, however it is cut into chunks. */
export class EventParser {
  #buffer = ''
  #id = ''

  push(chunk: string): ServerEvent[] {
    this.#buffer += chunk
    const found: ServerEvent[] = []
    for (let end = this.#buffer.indexOf('\n\n'); end >= 0; end = this.#buffer.indexOf('\n\n')) {
      const block = this.#buffer.slice(0, end)
      this.#buffer = this.#buffer.slice(end + 2)
      const parsed = this.#parse(block)
      if (parsed) found.push(parsed)
    }
    return found
  }

  #parse(block: string): ServerEvent | null {
    let event = 'message'
    const data: string[] = []
    for (const line of block.split('\n')) {
      const [, field, value = ''] = /^(\w+): ?(.*)$/.exec(line) ?? []
      if (field === 'id') this.#id = value
      if (field === 'event') event = value
      if (field === 'data') data.push(value)
    }
    return data.length > 0 ? { id: this.#id, event, data: data.join('\n') } : null
  }
}

/** Milliseconds until the next try: doubling, bounded, and not the same for everybody. */
export function backOff(attempt: number, random = Math.random): number {
  const full = Math.min(30_000, 1_000 * 2 ** attempt)
  return Math.round(full / 2 + (full / 2) * random())
}
