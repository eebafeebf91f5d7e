import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'

/** Contrast that what is not text has to have against what is beside it (WCAG 1.4.11). */
const CONTRAST = 3
const MOST_TABS = 160
const PATIENT = { timeout: 20_000, interval: 100 }

/** What is wrong with where the keyboard is; null when nothing is. */
function faultOfFocus(contrast: number): string | null {
  const active = document.activeElement as HTMLElement | null
  if (!active || active === document.body || active === document.documentElement)
    return 'nothing has the focus'
  const what = `<${active.tagName.toLowerCase()}> ${active.getAttribute('aria-label') ?? active.textContent?.slice(0, 40) ?? ''}`
  if (active.tagName === 'IFRAME') return null
  if (active.closest('[inert], [aria-hidden="true"]')) return `${what} is hidden from assistive technology`
  const dialog = [...document.querySelectorAll('dialog[open]')].at(-1)
  if (dialog && !dialog.contains(active)) return `${what} is under the dialog`
  const box = active.closest('label') ?? active
  const { width, height, right, bottom, left, top } = box.getBoundingClientRect()
  if (width === 0 || height === 0 || getComputedStyle(box).visibility !== 'visible')
    return `${what} cannot be seen`
  if (right <= 0 || bottom <= 0 || left >= innerWidth || top >= innerHeight) return `${what} is out of sight`
  // What only a script brings the focus to needs no sign of it, like the heading of a page that has been opened.
  if (active.tabIndex < 0 && !/^(input|button|a|select|textarea)$/i.test(active.tagName)) return null
  const middle = document.elementFromPoint(
    Math.min(innerWidth - 1, Math.max(0, (left + right) / 2)),
    Math.min(innerHeight - 1, Math.max(0, (top + bottom) / 2)),
  )
  if (middle && !box.contains(middle) && !middle.contains(box) && !middle.closest('.tooltip'))
    return `${what} is covered by <${middle.tagName.toLowerCase()} class="${middle.className}">`
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  const rgb = (color: string, over: number[]): number[] => {
    if (!canvas) return over
    canvas.clearRect(0, 0, 1, 1)
    canvas.fillStyle = `rgb(${over.join(' ')})`
    canvas.fillRect(0, 0, 1, 1)
    canvas.fillStyle = color
    canvas.fillRect(0, 0, 1, 1)
    return [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)]
  }
  const ground = (element: Element | null): number[] => {
    const above: string[] = []
    for (let each = element; each; each = each.parentElement)
      above.unshift(getComputedStyle(each).backgroundColor)
    return above.reduce((under, color) => rgb(color, under), [255, 255, 255])
  }
  const light = (color: number[]) =>
    color
      .map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
      .reduce((sum, part, at) => sum + part * ([0.2126, 0.7152, 0.0722][at] as number), 0)
  const signs = [active, ...box.querySelectorAll<HTMLElement>('*'), box, active.closest('[role="row"]')]
  let best = 0
  for (const sign of signs) {
    if (!sign) continue
    const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(sign)
    if (outlineStyle === 'none' || Number.parseFloat(outlineWidth) < 2) continue
    const under = ground(sign.parentElement)
    const [a, b] = [light(rgb(outlineColor, under)), light(under)].sort((x, y) => y - x) as [number, number]
    best = Math.max(best, (a + 0.05) / (b + 0.05))
  }
  if (best === 0) return `${what} shows no outline`
  return best < contrast ? `${what} has an outline of a contrast of ${best.toFixed(2)}` : null
}

/** Somebody with a keyboard and nothing else. After each press the focus is where a reader would look for it. */
export class Keyboard {
  readonly page: Page
  readonly #forward: string
  readonly #back: string

  constructor(page: Page, language: 'en' | 'ar') {
    this.page = page
    const mirrored = language === 'ar'
    this.#forward = mirrored ? 'ArrowLeft' : 'ArrowRight'
    this.#back = mirrored ? 'ArrowRight' : 'ArrowLeft'
  }

  /** The focus is on something that is there and can be seen; a page that is just coming gets a moment. */
  async sensible(): Promise<void> {
    await expect.poll(() => this.page.evaluate(faultOfFocus, CONTRAST), PATIENT).toBe(null)
  }

  async press(key: string): Promise<void> {
    await this.page.keyboard.press(key)
    await this.sensible()
  }

  /** A key that takes the focus somewhere else, which may be a moment later. */
  async moves(key: string): Promise<void> {
    const before = await this.page.evaluateHandle(() => document.activeElement)
    await this.page.keyboard.press(key)
    await expect
      .poll(() => before.evaluate((element) => element !== document.activeElement), PATIENT)
      .toBe(true)
    await this.sensible()
  }

  /** To the next one in the direction of reading. */
  forward = (): Promise<void> => this.press(this.#forward)
  back = (): Promise<void> => this.press(this.#back)

  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text)
  }

  /** Writes over what stands in the field. */
  async write(target: Locator, text: string): Promise<void> {
    await this.to(target)
    await this.page.keyboard.press('Control+a')
    await this.page.keyboard.type(text)
    await expect.poll(() => target.inputValue(), PATIENT).toBe(text)
  }

  has(target: Locator): Promise<boolean> {
    return target.evaluateAll((elements) => elements.some((each) => each === document.activeElement))
  }

  /** Tabs to it, as far as it takes, all round if need be. */
  async to(target: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
    await target.first().waitFor({ state: 'attached' })
    for (let presses = 0; presses < MOST_TABS; presses++) {
      if (await this.has(target)) return this.sensible()
      await this.page.keyboard.press(key)
      const fault = await this.page.evaluate(faultOfFocus, CONTRAST)
      // Behind the last one comes the browser itself.
      if (fault && fault !== 'nothing has the focus') await this.sensible()
    }
    throw new Error(`${target} is not reached by ${MOST_TABS} presses of ${key}`)
  }

  async enter(target: Locator, key = 'Enter'): Promise<void> {
    await this.to(target)
    await this.page.keyboard.press(key)
    await this.sensible()
  }

  /** One of a list of the browser's own, by arrows. */
  async choose(target: Locator, value: string): Promise<void> {
    await this.to(target)
    const at = await target.evaluate(
      (select: HTMLSelectElement, wanted) =>
        [...select.options].findIndex((each) => each.value === wanted || each.label === wanted),
      value,
    )
    expect(at, `${target} offers ${value}`).toBeGreaterThanOrEqual(0)
    const now = () => target.evaluate((select: HTMLSelectElement) => select.selectedIndex)
    for (let left = 200; left > 0; left--) {
      const is = await now()
      if (is === at) break
      await this.page.keyboard.press(is < at ? 'ArrowDown' : 'ArrowUp')
      await expect.poll(now, PATIENT).not.toBe(is)
    }
    expect(await now()).toBe(at)
    await this.sensible()
  }

  /** All of a dialog's stops are in it, and it gives the focus back to where it was called from. */
  async trapped(dialog: Locator): Promise<void> {
    await dialog.waitFor()
    await this.sensible()
    for (const key of ['Tab', 'Tab', 'Tab', 'Tab', 'Tab', 'Tab', 'Shift+Tab', 'Shift+Tab'])
      for (let tries = 0; tries < 2; tries++) {
        await this.page.keyboard.press(key)
        // The browser's own bar is between the last and the first.
        const fault = await this.page.evaluate(faultOfFocus, CONTRAST)
        if (fault === null) break
        expect(fault).toBe('nothing has the focus')
      }
    await this.sensible()
  }

  /** An item of a menu, by arrows from its button. */
  async item(button: Locator, name: string): Promise<void> {
    await this.enter(button)
    const item = this.page.getByRole('menuitem', { name, exact: true })
    await item.waitFor()
    for (let presses = 0; presses < 20 && !(await this.has(item)); presses++) await this.press('ArrowDown')
    expect(await this.has(item)).toBe(true)
    await this.page.keyboard.press('Enter')
    await item.waitFor({ state: 'detached' })
    await this.sensible()
  }
}
