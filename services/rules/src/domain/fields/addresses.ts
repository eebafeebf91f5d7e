import { text } from './text.ts'

/** `Name <address>` is also known by the address alone. */
function bare(written: string): string[] {
  const [, address] = /<([^<>\s]+)>\s*$/.exec(written) ?? []
  return address ? [address] : []
}

export const from = text('from', bare)
export const to = text('to', bare)
export const cc = text('cc', bare)
export const contactEmail = text('contact.email', bare)
