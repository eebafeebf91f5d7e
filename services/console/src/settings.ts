import { useSyncExternalStore } from 'react'

/** What this browser remembers of its reader, beside what the API keeps. */
export interface LocalSettings {
  theme: 'auto' | 'light' | 'dark'
  /** The language of the last visit, so that the first paint is in it. */
  locale: string | null
  /** Single keys are commands. Who speaks to the computer, or types without looking, can turn it off (WCAG 2.1.4). */
  keys: boolean
}

const KEY = 'onus-settings'
const DEFAULTS: LocalSettings = { theme: 'auto', locale: null, keys: true }
const listeners = new Set<() => void>()
let current = read()

function read(): LocalSettings {
  try {
    return { ...DEFAULTS, ...(JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<LocalSettings>) }
  } catch {
    return DEFAULTS
  }
}

export const localSettings = (): LocalSettings => current

export function changeLocalSettings(change: Partial<LocalSettings>): void {
  current = { ...current, ...change }
  try {
    localStorage.setItem(KEY, JSON.stringify(current))
  } catch {
    // A browser that keeps nothing still works.
  }
  applyTheme()
  for (const listener of listeners) listener()
}

export function applyTheme(): void {
  const { theme } = current
  if (theme === 'auto') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
}

export const useLocalSettings = (): LocalSettings =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => current,
  )
