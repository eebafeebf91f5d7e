import { type ReactNode, useState } from 'react'
import { Dialog as AriaDialog } from 'react-aria-components/Dialog'
import { Heading } from 'react-aria-components/Heading'
import { Menu as AriaMenu, MenuItem, MenuSection, MenuTrigger, Separator } from 'react-aria-components/Menu'
import { Modal, ModalOverlay } from 'react-aria-components/Modal'
import { Popover } from 'react-aria-components/Popover'
import { useT } from '../i18n/intl.tsx'
import { Button, IconButton } from './controls.tsx'
import { ErrorNote } from './feedback.tsx'
import { FieldErrors } from './field-errors.tsx'

export { AriaMenu, MenuItem, MenuSection, MenuTrigger, Popover, Separator }

/** A dialog over the page; it takes the focus, keeps it, and gives it back. */
export function Dialog(props: { title: string; onClose: () => void; children: ReactNode; wide?: boolean }) {
  const t = useT()
  return (
    <ModalOverlay className="overlay" isOpen isDismissable onOpenChange={(open) => !open && props.onClose()}>
      <Modal className={props.wide ? 'modal modal-wide' : 'modal'}>
        <AriaDialog className="dialog">
          <header className="dialog-head">
            <Heading slot="title">{props.title}</Heading>
            <IconButton icon="close" label={t('action.close_dialog')} onPress={props.onClose} size="small" />
          </header>
          {props.children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
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
    <Dialog title={props.title} onClose={props.onClose} wide={props.wide}>
      <form
        className="dialog-form"
        onSubmit={(event) => {
          event.preventDefault()
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
export function ActionMenu({
  trigger,
  label,
  items,
}: {
  trigger: ReactNode
  label: string
  items: MenuChoice[]
}) {
  return (
    <MenuTrigger>
      {trigger}
      <Popover className="popover" placement="bottom end">
        <AriaMenu
          className="menu"
          aria-label={label}
          disabledKeys={items.filter((i) => i.disabled).map((i) => i.id)}
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
      </Popover>
    </MenuTrigger>
  )
}
