import { useEffect, useRef } from 'react'

const pages = new Set<() => boolean>()

/** Whether leaving this page would take away what was typed and not saved. */
export const isAnythingUnsaved = (): boolean => [...pages].some((isUnsaved) => isUnsaved())

/**
 * What was typed and not saved is not taken away without a question: the browser asks before a reload or before the
 * window is closed, `LeaveGuard` before another page is opened.
 */
export function useUnsaved(isUnsaved: () => boolean): void {
  const latest = useRef(isUnsaved)
  useEffect(() => {
    latest.current = isUnsaved
  })
  useEffect(() => {
    const check = () => latest.current()
    const ask = (event: BeforeUnloadEvent) => {
      if (check()) event.preventDefault()
    }
    pages.add(check)
    window.addEventListener('beforeunload', ask)
    return () => {
      pages.delete(check)
      window.removeEventListener('beforeunload', ask)
    }
  }, [])
}
