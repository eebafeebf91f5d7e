/** Longest beginning of a word that is kept by itself; a longer one is found by the whole word. */
const LONGEST_BEGINNING = 12
const SHORTEST_BEGINNING = 2
const MOST_WORDS = 120

/** The words of a text, in lower case and without accents' differences of encoding. */
export function wordsOf(text: string): string[] {
  return (
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  )
}

/**
 * What a ticket is found by: its words and their beginnings, so that every search is a comparison for
 * equality, which an index answers.
 */
export function searchTerms(...texts: (string | undefined)[]): string[] {
  const words = texts.flatMap((text) => (text ? wordsOf(text) : [])).slice(0, MOST_WORDS)
  return [...new Set(words.flatMap((word) => [word.slice(0, 64), ...beginnings(word)]))]
}

function beginnings(word: string): string[] {
  const letters = [...word]
  const longest = Math.min(letters.length - 1, LONGEST_BEGINNING)
  const result: string[] = []
  for (let length = SHORTEST_BEGINNING; length <= longest; length++)
    result.push(letters.slice(0, length).join(''))
  return result
}

/** What a search asks for: every one of its words, or a beginning of it. Null: it has no word at all. */
export function queryTerms(query: string): string[] | null {
  const words = [...new Set(wordsOf(query).map((word) => word.slice(0, 64)))]
  return words.length > 0 ? words.slice(0, 16) : null
}
