/**
 * Scrolls through the longest list there is and says how smoothly: `ONUS_LOCAL_JSON=.onus/local.json node
 * test/browser/scroll.ts`, after `test/load/seed-tickets.ts`. Frames are counted by the page's own clock and by the browser's trace;
 * nothing passes or fails, since machines are shared.
 */
import { openStage } from './support/browser.ts'
import { quantile, scrollDown } from './support/scroll.ts'

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

/** Pixels in each frame: a notch of a wheel, and nine rows, which is more than anybody reads. */
const NOTCH = 120
const STEP = 400
const SECONDS = 12

const stage = await openStage()
const page = await stage.window('olivia')
await page.goto(`${stage.local.consoleUrl.replace(/\/$/, '')}/lists/all?status=any`)
await page.locator('.tickets-scroll .ticket-row').first().waitFor()
await page.waitForTimeout(1_500)
const session = await page.context().newCDPSession(page)
const print = (line: string) => process.stdout.write(`${line}\n`)

async function run(label: string, { slow = 1, step = STEP } = {}): Promise<void> {
  await session.send('Emulation.setCPUThrottlingRate', { rate: slow })
  await stage.browser.startTracing(page, {
    categories: ['toplevel', 'disabled-by-default-devtools.timeline', 'devtools.timeline', '__metadata'],
  })
  const { frames, blank, drawn, top, height } = await scrollDown(page, { step, ms: SECONDS * 1000 })
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
  const late = frames.filter((ms) => ms > 50).length
  print(
    `${label}: ${Math.round(top / 44)} rows in ${SECONDS} s (list is ${Math.round(height / 44)} long), ${frames.length} frames, ` +
      `median ${quantile(frames, 0.5).toFixed(1)} ms, p95 ${quantile(frames, 0.95).toFixed(1)}, p99 ${quantile(frames, 0.99).toFixed(1)}, ` +
      `longest ${Math.max(...frames).toFixed(1)}; ${late} over 50 ms, ${blank} with an empty place, ${drawn} rows in the page; ` +
      `main thread at work ${(work / frames.length).toFixed(1)} ms a frame, ${cpu.filter((ms) => ms > 50).length} tasks over 50 ms, longest ${(cpu.at(-1) ?? 0).toFixed(0)} ms`,
  )
}

await run('first time, pages being loaded')
// To its end, so that everything is there.
await page.evaluate(async () => {
  const scroller = document.querySelector('.tickets-scroll') as HTMLElement
  for (let still = 0, last = 0; still < 100; ) {
    scroller.scrollTop = scroller.scrollHeight
    await new Promise((resolve) => setTimeout(resolve, 120))
    still = scroller.scrollHeight === last ? still + 1 : 0
    last = scroller.scrollHeight
  }
  scroller.scrollTop = 0
})
await page.waitForTimeout(500)
const toTop = () =>
  page.evaluate(() => {
    ;(document.querySelector('.tickets-scroll') as HTMLElement).scrollTop = 0
  })
await run('everything loaded')
await toTop()
await run('everything loaded, a notch in each frame', { step: NOTCH })
await toTop()
await run('everything loaded, CPU slowed four times, a notch in each frame', { slow: 4, step: NOTCH })
await stage.close()
