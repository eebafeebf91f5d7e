/** The keyboard's place in the page: where it was, and where it goes when that is gone. */

const FOCUSABLE =
  'a[href], button:enabled, input:enabled:not([type="hidden"]), select:enabled, textarea:enabled, [tabindex="0"], h1[tabindex]'
/** What lies over the page for a while: the keyboard comes out of it again. */
const PASSING = 'dialog, [role="menu"], [role="listbox"]'
/** Parts of a page within which the next thing is near. */
const PARTS = 'li, tr, [role="row"], fieldset, form, [role="group"], header, section, aside, nav, main'

const isThere = (element: Element): boolean =>
  element.isConnected && !element.matches(':disabled') && element.getClientRects().length > 0

const takesFocus = (element: Focusable): boolean => {
  if (!isThere(element)) return false
  element.focus()
  return document.activeElement === element
}

/** Also a link in a picture. */
type Focusable = HTMLElement | SVGElement

const isFocusable = (target: EventTarget | null): target is Focusable =>
  target instanceof HTMLElement || target instanceof SVGElement

interface Place {
  element: Focusable
  /** The parts that it stands in, the nearest first. */
  around: Element[]
}

let last: Place | null = null

const placeOf = (element: Focusable): Place => {
  const around: Element[] = []
  for (let part = element.parentElement?.closest(PARTS); part; part = part.parentElement?.closest(PARTS))
    around.push(part)
  return { element, around }
}

/** What can have the focus in there: before the place the nearest first, then what comes after it. */
function nearestFirst(part: Element, place: Focusable | undefined): HTMLElement[] {
  const all = [...part.querySelectorAll<HTMLElement>(FOCUSABLE)]
  if (!place?.isConnected) return all
  const isBefore = (each: HTMLElement) =>
    (place.compareDocumentPosition(each) & Node.DOCUMENT_POSITION_PRECEDING) !== 0
  return [...all.filter(isBefore).reverse(), ...all.filter((each) => !isBefore(each))]
}

/** The same thing, or what is nearest to where it was. */
function goTo(place: Place | null): void {
  if (place && takesFocus(place.element)) return
  for (const part of place?.around ?? []) {
    if (part.isConnected && nearestFirst(part, place?.element).some(takesFocus)) return
  }
  const main = document.querySelector<HTMLElement>('main')
  const heading = main?.querySelector<HTMLElement>('h1[tabindex]')
  if (heading && takesFocus(heading)) return
  main?.focus()
}

/** Out of a field, to where the page's keys work. */
export const leaveField = (): void => goTo(null)

/** Remembers the keyboard's place; what it answers leads back there. */
export function keptPlace(): () => void {
  const active = document.activeElement
  // A menu that opened a dialog is gone by then: its button is where the reader comes from.
  const place =
    isFocusable(active) && active !== document.body && !active.closest('[role="menu"]')
      ? placeOf(active)
      : last
  return () => goTo(place)
}

const PUSHED_MS = 5_000

/** Nobody's place is lost: when what has the focus goes away or is switched off, its neighbour gets it. */
export function keepFocus(): () => void {
  const note = ({ target }: FocusEvent) => {
    if (isFocusable(target) && target !== document.body && !target.closest(PASSING)) last = placeOf(target)
  }
  // What a key has brought into the page pushes the rest along, the keyboard's place too.
  let pressed = { on: null as EventTarget | null, at: 0 }
  const press = ({ key, target }: KeyboardEvent) => {
    pressed = { on: key === 'Enter' || key === ' ' ? target : null, at: performance.now() }
  }
  // Who scrolls wants to see something else.
  const release = () => {
    pressed.on = null
  }
  let asked = false
  const check = () => {
    asked = false
    if (!last) return
    if (isThere(last.element)) {
      const justPressed = pressed.on === last.element && performance.now() - pressed.at < PUSHED_MS
      if (justPressed && document.activeElement === last.element)
        last.element.scrollIntoView({ block: 'nearest' })
      return
    }
    const active = document.activeElement
    if (active === null || active === document.body || active === last.element) goTo(last)
  }
  const observer = new MutationObserver(() => {
    if (asked || !last) return
    const stays = last.element.isConnected && !last.element.matches(':disabled')
    if (stays && (pressed.on !== last.element || performance.now() - pressed.at > PUSHED_MS)) return
    asked = true
    // Who took it away may give it to something else.
    requestAnimationFrame(() => requestAnimationFrame(check))
  })
  document.addEventListener('focusin', note)
  document.addEventListener('keydown', press, true)
  document.addEventListener('wheel', release, { passive: true })
  observer.observe(document.body, {
    childList: true,
    subtree: true,
    attributes: true,
    attributeFilter: ['disabled'],
  })
  return () => {
    document.removeEventListener('focusin', note)
    document.removeEventListener('keydown', press, true)
    document.removeEventListener('wheel', release)
    observer.disconnect()
  }
}
