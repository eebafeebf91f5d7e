import { useEffect, useRef } from 'react'
import { useT } from '../i18n/intl.tsx'
import type { MessageId } from '../i18n/locales.ts'
import { changeLocalSettings, localSettings, useLocalSettings } from '../settings.ts'
import { Checkbox } from '../ui/controls.tsx'
import { Dialog } from '../ui/overlay.tsx'

/** What each key does, for the dialog; the pages bind them. */
const KEYS: { group: MessageId; keys: [string, MessageId][] }[] = [
  {
    group: 'shortcuts.everywhere',
    keys: [
      ['n', 'shortcuts.next'],
      ['/', 'shortcuts.search'],
      ['g', 'shortcuts.mine'],
      ['u', 'shortcuts.unassigned'],
      ['a', 'new_ticket.title'],
      ['?', 'shortcuts.help'],
    ],
  },
  {
    group: 'shortcuts.in_lists',
    keys: [
      ['j', 'shortcuts.down'],
      ['k', 'shortcuts.up'],
      ['Enter', 'shortcuts.open'],
      ['c', 'shortcuts.claim'],
    ],
  },
  {
    group: 'shortcuts.in_ticket',
    keys: [
      ['c', 'shortcuts.claim'],
      ['t', 'shortcuts.transfer'],
      ['r', 'shortcuts.reply'],
      ['m', 'shortcuts.note'],
      ['e', 'shortcuts.resolve'],
      ['Ctrl+Enter', 'shortcuts.send'],
      ['Esc', 'shortcuts.back'],
    ],
  },
]

export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  const t = useT()
  return (
    <Dialog title={t('shortcuts.title')} onClose={onClose}>
      <div className="dialog-body shortcuts">
        <KeysChoice />
        {KEYS.map(({ group, keys }) => (
          <section key={group}>
            <h3>{t(group)}</h3>
            <dl>
              {keys.map(([key, what]) => (
                <div key={key}>
                  <dt>
                    <kbd>{key}</kbd>
                  </dt>
                  <dd>{t(what)}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  )
}

/** Whether single keys are commands, in this browser. */
export function KeysChoice() {
  const t = useT()
  const { keys } = useLocalSettings()
  return (
    <Checkbox isSelected={keys} onChange={(chosen) => changeLocalSettings({ keys: chosen })}>
      {t('shortcuts.on')}
    </Checkbox>
  )
}

const OVER_THE_PAGE = 'dialog[open], [role="menu"]'
const TYPING = `input:not([type="radio"], [type="checkbox"]), textarea, select, [contenteditable], ${OVER_THE_PAGE}`

/** Single keys, where they are wanted, nobody is writing and no dialog is open. Keys are where they are in Latin layouts. */
export function useShortcuts(bindings: Record<string, (event: KeyboardEvent) => void>): void {
  const latest = useRef(bindings)
  useEffect(() => {
    latest.current = bindings
  })
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.length === 1 && !localSettings().keys) return
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return
      const target = event.target as Element | null
      if (target?.closest(TYPING) || document.querySelector(OVER_THE_PAGE)) return
      const run = latest.current[event.key] ?? latest.current[latinKey(event)]
      if (!run) return
      event.preventDefault()
      run(event)
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
}

/** The key's letter on a Latin keyboard, for Russian and Arabic layouts. */
const latinKey = ({ code, shiftKey }: KeyboardEvent): string => {
  if (code === 'Slash') return shiftKey ? '?' : '/'
  return /^Key([A-Z])$/.exec(code)?.[1]?.toLowerCase() ?? ''
}
