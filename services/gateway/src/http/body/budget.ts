import { problems } from '@onus/kit/problems'

/**
 * Bytes of files and mails that may be held at the same time. Without it a few dozen large uploads at once
 * would be the end of the process.
 */
export interface BodyBudget {
  /** Takes a share, or throws `unavailable`; give it back by calling what is returned. */
  take(bytes: number): () => void
}

export function createBodyBudget(total: number): BodyBudget {
  let taken = 0
  return {
    take(bytes) {
      // One alone always passes, however small the budget is.
      if (taken > 0 && taken + bytes > total)
        throw problems.unavailable('Too many large uploads are under way; send it again in a moment.')
      taken += bytes
      let given = false
      return () => {
        if (!given) taken -= bytes
        given = true
      }
    },
  }
}
