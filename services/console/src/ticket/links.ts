/** A stretch of a text; a link leads to its own words. */
export interface Piece {
  text: string
  link: boolean
}

/** As many as anybody presses in one text; the rest stays text, so that a text of nothing else opens as fast. */
export const MOST_LINKS = 1_000

/**
 * Addresses of the web alone, up to what can stand in none of them: blanks, quotes, and marks that cannot be seen,
 * which could make an address look like another. It never goes back on what it has read, so that its time grows
 * with the text alone.
 */
const ADDRESS = /(?<![\p{L}\p{N}_])https?:\/\/[^\s\p{C}<>"`\\]+/giu

/** What ends the sentence around an address, in the languages of the console. */
const PUNCTUATION = new Set(".,:;!?…'*|«»“”„‘’‚،؛؟。、([{")
const OPENING: Record<string, string> = { ')': '(', ']': '[', '}': '{' }

/** A text in pieces that give it when put together, with its addresses as links. */
export function linked(text: string): Piece[] {
  const pieces: Piece[] = []
  let links = 0
  let done = 0
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    if (links === MOST_LINKS) break
    const address = withoutEnd(found)
    if (!URL.canParse(address)) continue
    if (index > done) pieces.push({ text: text.slice(done, index), link: false })
    pieces.push({ text: address, link: true })
    links++
    done = index + address.length
  }
  if (done < text.length) pieces.push({ text: text.slice(done), link: false })
  return pieces
}

/** An address without the punctuation behind it, and without brackets that were opened before it. */
function withoutEnd(address: string): string {
  const counts = new Map<string, number>()
  const count = (mark: string, by: number) => counts.set(mark, (counts.get(mark) ?? 0) + by)
  for (const mark of address) if ('()[]{}'.includes(mark)) count(mark, 1)
  let end = address.length
  for (; end > 0; end--) {
    const mark = address[end - 1] as string
    const opening = OPENING[mark]
    const unopened = opening !== undefined && (counts.get(mark) ?? 0) > (counts.get(opening) ?? 0)
    if (!unopened && !PUNCTUATION.has(mark)) break
    count(mark, -1)
  }
  return address.slice(0, end)
}
