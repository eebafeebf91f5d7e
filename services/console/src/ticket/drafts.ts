import { del, get, set } from 'idb-keyval'
import { useEffect, useRef, useState } from 'react'
import type { Attachment } from '../api/types.ts'

/** What somebody is writing; kept in this browser until it is sent. */
export interface Draft {
  kind: 'public' | 'note'
  text: string
  attachments: Attachment[]
  /** The ticket's last change that the writer had seen when they began. */
  since: number | null
}

export const EMPTY_DRAFT: Draft = { kind: 'public', text: '', attachments: [], since: null }
const SAVE_AFTER_MS = 250

export const isEmptyDraft = ({ text, attachments }: Draft): boolean => text === '' && attachments.length === 0

/** A draft that survives a reload, a crash and a lost race. */
export function useDraft(owner: string, ticketId: string) {
  const key = `draft:${owner}:${ticketId}`
  const [draft, setDraft] = useState<Draft>(EMPTY_DRAFT)
  const [restored, setRestored] = useState(false)
  const [kept, setKept] = useState(false)
  const latest = useRef<{ draft: Draft; dirty: boolean }>({ draft: EMPTY_DRAFT, dirty: false })

  useEffect(() => {
    let gone = false
    get<Draft>(key)
      .catch(() => undefined)
      .then((saved) => {
        if (gone) return
        if (saved && !latest.current.dirty) {
          latest.current.draft = saved
          setDraft(saved)
          setKept(true)
        }
        setRestored(true)
      })
    return () => {
      gone = true
    }
  }, [key])

  useEffect(() => {
    const save = () => {
      const { draft: now, dirty } = latest.current
      if (!dirty) return
      latest.current.dirty = false
      const empty = isEmptyDraft(now)
      void (empty ? del(key) : set(key, now)).then(
        () => setKept(!empty && !latest.current.dirty),
        // A browser that keeps nothing says so by not saying that it did.
        () => {},
      )
    }
    const timer = setInterval(save, SAVE_AFTER_MS)
    const onHide = () => save()
    document.addEventListener('visibilitychange', onHide)
    window.addEventListener('pagehide', onHide)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', onHide)
      window.removeEventListener('pagehide', onHide)
      save()
    }
  }, [key])

  const change = (next: Partial<Draft>): void => {
    const merged = { ...latest.current.draft, ...next }
    latest.current = { draft: merged, dirty: true }
    setDraft(merged)
    setKept(false)
  }
  /** Throws it away, here and where it is kept. */
  const discard = async (): Promise<void> => {
    latest.current = { draft: EMPTY_DRAFT, dirty: false }
    await del(key)
    setDraft(EMPTY_DRAFT)
  }
  return { draft, change, discard, restored, kept }
}
