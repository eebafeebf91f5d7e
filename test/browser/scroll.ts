/**
 * Scrolls through the longest list there is and says how smoothly: `ONUS_LOCAL_JSON=.onus/local.json node
 * test/browser/scroll.ts`, after `test/load/seed-tickets.ts`. Frames are counted by the page's own clock and by the browser's trace;
 * nothing passes or fails, since machines are shared.
 */
import { openStage } from './support/browser.ts'

interface TraceEvent {
  name: string
  ph: string
  dur?: number
  /** Of it, what the thread was really at work: without waiting for a busy machine. */
  tdur?: number
  tid: number
  pid: number
  args?: { name?: string }
}

/** Pixels in each frame: nine rows, more than anybody reads. */
const STEP = 400
const SECONDS = 12

const stage = await openStage()
const page = await stage.window('olivia')
await page.goto(`${stage.local.consoleUrl.replace(/\/$/, '')}/lists/all?status=any`)
await page.locator('.tickets-scroll .ticket-row').first().waitFor()
await page.waitForTimeout(1_500)
const session = await page.context().newCDPSession(page)
const print = (line: string) => process.stdout.write(`${line}\n`)
const quantile = (sorted: number[], q: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0

async function run(label: string, wait: number, slow = 1): Promise<void> {
  await session.send('Emulation.setCPUThrottlingRate', { rate: slow })
  await stage.browser.startTracing(page, {
    categories: ['toplevel', 'disabled-by-default-devtools.timeline', 'devtools.timeline', '__metadata'],
  })
  const { frames, blank, rows, height } = await page.evaluate(
    ({ step, ms, pause }) =>
      new Promise<{ frames: number[]; blank: number; rows: number; height: number }>((resolve) => {
        const scroller = document.querySelector('.tickets-scroll') as HTMLElement
        const frames: number[] = []
        let blank = 0
        let before = performance.now()
        const end = before + ms
        const { left, top, width, height } = scroller.getBoundingClientRect()
        const frame = (now: number) => {
          frames.push(now - before)
          before = now
          if (!document.elementFromPoint(left + width / 2, top + height / 2)?.closest('.ticket-row')) blank++
          scroller.scrollTop += step
          if (now < end) requestAnimationFrame(frame)
          else
            resolve({
              frames: frames.slice(1),
              blank,
              rows: scroller.scrollTop / 44,
              height: scroller.scrollHeight,
            })
        }
        setTimeout(() => requestAnimationFrame(frame), pause)
      }),
    { step: STEP, ms: SECONDS * 1000, pause: wait },
  )
  const trace = JSON.parse((await stage.browser.stopTracing()).toString('utf8')) as {
    traceEvents: TraceEvent[]
  }
  const mains = new Set(
    trace.traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid}.${tid}`),
  )
  const tasks = trace.traceEvents.filter(
    ({ name, pid, tid, dur }) => name === 'RunTask' && dur !== undefined && mains.has(`${pid}.${tid}`),
  )
  const cpu = tasks.map(({ tdur = 0 }) => tdur / 1000).sort((a, b) => a - b)
  const work = cpu.reduce((sum, ms) => sum + ms, 0)
  const sorted = frames.toSorted((a, b) => a - b)
  const late = frames.filter((ms) => ms > 34).length
  print(
    `${label}: ${Math.round(rows)} rows in ${SECONDS} s (list is ${Math.round(height / 44)} long), ${frames.length} frames, ` +
      `median ${quantile(sorted, 0.5).toFixed(1)} ms, p95 ${quantile(sorted, 0.95).toFixed(1)}, p99 ${quantile(sorted, 0.99).toFixed(1)}, ` +
      `longest ${(sorted.at(-1) ?? 0).toFixed(1)}; ${late} over 34 ms, ${blank} without rows; ` +
      `main thread at work ${(work / frames.length).toFixed(1)} ms a frame, ${cpu.filter((ms) => ms > 50).length} tasks over 50 ms, longest ${(cpu.at(-1) ?? 0).toFixed(0)} ms`,
  )
}

await run('first time, pages being loaded', 0)
// To its end, so that everything is there.
await page.evaluate(async () => {
  const scroller = document.querySelector('.tickets-scroll') as HTMLElement
  for (let still = 0, last = 0; still < 25; ) {
    scroller.scrollTop = scroller.scrollHeight
    await new Promise((resolve) => setTimeout(resolve, 120))
    still = scroller.scrollHeight === last ? still + 1 : 0
    last = scroller.scrollHeight
  }
  scroller.scrollTop = 0
})
await page.waitForTimeout(500)
await run('everything loaded', 0)
await page.evaluate(() => {
  ;(document.querySelector('.tickets-scroll') as HTMLElement).scrollTop = 0
})
await run('everything loaded, CPU slowed four times', 0, 4)
await stage.close()
