import { type MouseEvent, type ReactNode, useId, useLayoutEffect, useRef, useState } from 'react'
import { Autocomplete, useFilter } from 'react-aria-components/Autocomplete'
import { Input } from 'react-aria-components/Input'
import { Menu as AriaMenu, MenuItem, MenuSection, MenuTrigger, Separator } from 'react-aria-components/Menu'
import { Popover } from 'react-aria-components/Popover'
import { TextField } from 'react-aria-components/TextField'
import { createPortal } from 'react-dom'
import { useT } from '../i18n/intl.tsx'
import { Button } from './controls.tsx'
import { ErrorNote } from './feedback.tsx'
import { FieldErrors } from './field-errors.tsx'
import { keptPlace } from './focus.ts'

export { AriaMenu, MenuItem, MenuSection, MenuTrigger, Popover, Separator }

const FIRST_FIELD = '.dialog-body :is(input, select, textarea):enabled'

/**
 * A dialog over the page; it takes the focus, keeps it, and gives it back. It is the browser's own: what lies under it
 * is out of reach at once, however much that is.
 */
export function Dialog(props: {
  title: string
  onClose: () => void
  children: ReactNode
  wide?: boolean
  /** A press beside it does not put it away: something may be written in it. */
  stays?: boolean
}) {
  const { title, onClose, children, wide, stays } = props
  const t = useT()
  const dialog = useRef<HTMLDialogElement>(null)
  const heading = useRef<HTMLHeadingElement>(null)
  const titleId = useId()
  useLayoutEffect(() => {
    const element = dialog.current
    if (!element) return
    const giveBack = keptPlace()
    element.showModal()
    // A field of a phone brings its keyboard, over what is to be read first.
    const field = matchMedia('(pointer: coarse)').matches
      ? null
      : element.querySelector<HTMLElement>(FIRST_FIELD)
    ;(field ?? heading.current)?.focus()
    return () => {
      element.close()
      giveBack()
    }
  }, [])
  const isOutside = ({ target, clientX, clientY }: MouseEvent) => {
    if (target !== dialog.current || !dialog.current) return false
    const { left, right, top, bottom } = dialog.current.getBoundingClientRect()
    return clientX < left || clientX > right || clientY < top || clientY > bottom
  }
  return createPortal(
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape does the same
    <dialog
      ref={dialog}
      className={wide ? 'modal modal-wide' : 'modal'}
      aria-labelledby={titleId}
      onCancel={(event) => {
        // Also the choosing of a file is cancelled.
        if (event.target !== event.currentTarget) return
        event.preventDefault()
        onClose()
      }}
      onClick={(event) => {
        if (!stays && isOutside(event)) onClose()
      }}
    >
      <header className="dialog-head">
        <h2 id={titleId} ref={heading} tabIndex={-1}>
          {title}
        </h2>
        <Button
          look="quiet"
          size="small"
          icon="close"
          className="icon-button"
          aria-label={t('action.close_dialog')}
          onPress={onClose}
        />
      </header>
      {children}
    </dialog>,
    document.body,
  )
}

/** A dialog with a form in it: what it does may fail, and then it stays and says why; it stays for `false` too. */
export function FormDialog(props: {
  title: string
  submit: string
  onClose: () => void
  onSubmit: () => Promise<unknown>
  children: ReactNode
  danger?: boolean
  disabled?: boolean
  wide?: boolean
  /** Fields of the API that show their fault themselves, by `At`. */
  fields?: readonly string[]
}) {
  const t = useT()
  const [error, setError] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const submit = async () => {
    setBusy(true)
    setError(null)
    try {
      if ((await props.onSubmit()) !== false) props.onClose()
    } catch (reason) {
      setError(reason)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Dialog title={props.title} onClose={props.onClose} wide={props.wide} stays>
      <form
        className="dialog-form"
        onSubmit={(event) => {
          event.preventDefault()
          // React's events go up through the dialog to a form that it stands in, which is not what is sent.
          event.stopPropagation()
          if (!props.disabled && !busy) void submit()
        }}
      >
        <div className="dialog-body">
          <FieldErrors error={error}>{props.children}</FieldErrors>
          {error !== null && <ErrorNote error={error} shownElsewhere={props.fields} />}
        </div>
        <footer className="dialog-foot">
          <Button onPress={props.onClose}>{t('action.cancel')}</Button>
          <Button
            type="submit"
            look={props.danger ? 'danger' : 'primary'}
            isDisabled={props.disabled}
            isPending={busy}
          >
            {props.submit}
          </Button>
        </footer>
      </form>
    </Dialog>
  )
}

export interface MenuChoice {
  id: string
  label: string
  onAction: () => void
  danger?: boolean
  disabled?: boolean
}

/** A button that opens a list of actions. */
export function ActionMenu(props: {
  trigger: ReactNode
  label: string
  items: MenuChoice[]
  /** What the field is called that narrows a long list, where there is one. */
  filter?: string
}) {
  const { trigger, label, items, filter } = props
  const t = useT()
  const menu = (
    <AriaMenu
      className="menu"
      aria-label={label}
      disabledKeys={items.filter((i) => i.disabled).map((i) => i.id)}
      renderEmptyState={() => <p className="menu-empty">{t('list.empty_search')}</p>}
    >
      {items.map((item) => (
        <MenuItem
          key={item.id}
          id={item.id}
          className={item.danger ? 'menu-item menu-item-danger' : 'menu-item'}
          onAction={item.onAction}
        >
          {item.label}
        </MenuItem>
      ))}
    </AriaMenu>
  )
  return (
    <MenuTrigger>
      {trigger}
      <Popover className="popover" placement="bottom end">
        {filter ? <Filtered label={filter}>{menu}</Filtered> : menu}
      </Popover>
    </MenuTrigger>
  )
}

/** The keyboard stays in the field; its arrows and Enter are the menu's. */
function Filtered({ label, children }: { label: string; children: ReactNode }) {
  const { contains } = useFilter({ sensitivity: 'base' })
  return (
    <Autocomplete filter={contains}>
      <TextField className="menu-filter" aria-label={label} autoFocus>
        <Input className="input" dir="auto" placeholder={label} />
      </TextField>
      {children}
    </Autocomplete>
  )
}
