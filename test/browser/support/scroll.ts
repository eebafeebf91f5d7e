import type { Page } from 'playwright-core'

export interface Scrolled {
  /** How long each frame took, by the page's own clock. */
  frames: number[]
  /** Frames in which somewhere in the list nothing was to be seen. */
  blank: number
  /** The most rows that were in the page at once. */
  drawn: number
  /** Where the list stands at the end, and how long it is, in pixels. */
  top: number
  height: number
}

/** Scrolls the list of tickets down by so many pixels in each frame, for so long or to its end. */
export function scrollDown(page: Page, options: { step: number; ms: number }): Promise<Scrolled> {
  return page.evaluate(
    ({ step, ms }) =>
      new Promise<Scrolled>((resolve) => {
        const scroller = document.querySelector('.tickets-scroll') as HTMLElement
        const frames: number[] = []
        let blank = 0
        let drawn = 0
        let before = performance.now()
        const end = before + ms
        const { left, top, width, height } = scroller.getBoundingClientRect()
        const isBlank = (share: number) =>
          !document.elementFromPoint(left + width / 2, top + height * share)?.closest('.ticket-row')
        const frame = (now: number) => {
          frames.push(now - before)
          before = now
          if ([0.02, 0.5, 0.98].some(isBlank)) blank++
          drawn = Math.max(drawn, scroller.querySelectorAll('.ticket-row').length)
          const atEnd = scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - 1
          if (now >= end || (atEnd && frames.length > 1))
            return resolve({
              frames: frames.slice(1),
              blank,
              drawn,
              top: scroller.scrollTop,
              height: scroller.scrollHeight,
            })
          scroller.scrollTop += step
          requestAnimationFrame(frame)
        }
        requestAnimationFrame(frame)
      }),
    options,
  )
}

export const quantile = (values: readonly number[], q: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0
}
