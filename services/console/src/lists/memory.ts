/** Where the reader was in a list, for when they come back to it from a ticket. */
export interface ListPlace {
  top: number
  /** The ticket that they opened. */
  active: string | null
}

const places = new Map<string, ListPlace>()
let cameBack = false

/** Going back is what a list remembers for; going there anew begins at its top. */
globalThis.addEventListener?.('popstate', () => {
  cameBack = true
  setTimeout(() => {
    cameBack = false
  }, 2_000)
})

export const rememberPlace = (key: string, place: ListPlace): void => {
  places.set(key, place)
}

export const placeOf = (key: string): ListPlace | null => (cameBack ? (places.get(key) ?? null) : null)
