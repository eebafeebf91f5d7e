/** Charsets of mail as it is, not as it is declared: many programs leave the declaration out or get it wrong. */

const utf8 = new TextDecoder('utf-8', { fatal: true })
const windows1252 = new TextDecoder('windows-1252')

/** Declarations that say nothing: senders write them on text that is something else. */
const UNTRUSTED = new Set(['', 'ascii', 'usascii', 'ansix341968', 'utf8', 'unknown', 'unknown8bit', '8bit'])

/** True when the declared charset is missing, or is one that senders claim wrongly. */
export function isUntrusted(charset: string | undefined | false): boolean {
  return UNTRUSTED.has((charset || '').toLowerCase().replace(/[^a-z0-9]+/g, ''))
}

/** Decodes bytes of no reliable charset: UTF-8 when it is valid UTF-8, else windows-1252, which maps every byte. */
export function decodeGuessing(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    return windows1252.decode(bytes)
  }
}

/** Decodes with a declared charset, or guesses when nobody knows the charset of that name. */
export function decodeDeclared(bytes: Uint8Array, charset: string): string | null {
  try {
    return new TextDecoder(charset).decode(bytes)
  } catch {
    return null
  }
}

/**
 * Text that every later reader can take: no NUL and no other control character (but tab and line feed), no
 * half of a surrogate pair, line ends as `\n`.
 */
export function cleanText(text: string): string {
  return (
    text
      .replace(/\r\n?/g, '\n')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, '')
      .toWellFormed()
  )
}

/** The same on one line: what stands in a header. */
export function cleanLine(text: string): string {
  return cleanText(text.replace(/[\r\n\t]+/g, ' '))
    .replace(/ {2,}/g, ' ')
    .trim()
}
