import { useSyncExternalStore } from 'react'
import { useLanguage } from './intl.tsx'
import { relativeParts } from './relative.ts'

const TICK_MS = 20_000
let now = Date.now()
const listeners = new Set<() => void>()
setInterval(() => {
  now = Date.now()
  for (const listener of listeners) listener()
}, TICK_MS)

/** The time, from time to time; one clock for the whole page. */
export const useNow = (): number =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => now,
  )

/** A moment as people say it, with the exact one on hover and for machines. */
export function RelativeTime({ at, style = 'narrow' }: { at: string; style?: 'narrow' | 'long' }) {
  const { intl } = useLanguage()
  const current = Math.max(useNow(), Date.now())
  const [value, unit] = relativeParts((new Date(at).getTime() - current) / 1000)
  const text = intl.formatRelativeTime(value, unit, { style, numeric: 'auto' })
  return (
    <time dateTime={at} title={intl.formatDate(at, { dateStyle: 'full', timeStyle: 'medium' })}>
      {text}
    </time>
  )
}

/** A moment with its day and time, shorter when it is today. */
export function ExactTime({ at }: { at: string }) {
  const { intl } = useLanguage()
  const today = intl.formatDate(at) === intl.formatDate(new Date())
  const text = today
    ? intl.formatTime(at)
    : intl.formatDate(at, { day: 'numeric', month: 'short', hour: 'numeric', minute: 'numeric' })
  return (
    <time dateTime={at} title={intl.formatDate(at, { dateStyle: 'full', timeStyle: 'medium' })}>
      {text}
    </time>
  )
}
