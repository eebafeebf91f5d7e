/**
 * One task of a key after the other in this process, first come first served: writers of one document wait
 * for each other instead of writing in vain. Against other processes the document's revision stands guard.
 */
export class Turns {
  readonly #last = new Map<string, Promise<void>>()

  /** Runs `work` when the tasks of this key before it have ended, however they ended. */
  async take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const mine = (this.#last.get(key) ?? Promise.resolve()).then(work)
    const turn = mine.then(
      () => {},
      () => {},
    )
    this.#last.set(key, turn)
    try {
      return await mine
    } finally {
      if (this.#last.get(key) === turn) this.#last.delete(key)
    }
  }
}
