const HTML: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Text as HTML text or attribute value. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => HTML[char] ?? char)

/** Text as Slack mrkdwn: only these three are special there, formatting characters stay what they are. */
export const escapeSlack = (text: string): string => text.replace(/[&<>]/g, (char) => HTML[char] ?? char)

/** Text on one line: no line break or control character leaves its header. */
export const headerText = (text: string): string =>
  text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are exactly what must not get in.
    .replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()
