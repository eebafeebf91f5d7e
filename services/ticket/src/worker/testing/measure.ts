import { fileURLToPath } from 'node:url'
import { CONTACT_AUTHORITY, creation } from '@onus/workflows-ticket/testing/story'
import { Installation, newSettings } from './installation.ts'

/**
 * Commands a second against updates that do nothing, in one run on the servers that the environment names.
 * The ticket worker alone is measured: commands go straight to Temporal.
 *
 *     node services/ticket/src/worker/testing/measure.ts [commands]
 */
const COUNT = Number(process.argv[2] ?? 300)
const CLIENTS = 20
const CHILDREN = fileURLToPath(new URL('./children.ts', import.meta.url))

const installation = await Installation.open(
  newSettings({
    departments: { billing: {} },
    agents: { ana: { in: ['billing'] }, bob: { in: ['billing'] } },
  }),
)
const { client } = installation.temporal
const ids = Array.from({ length: COUNT }, (_, index) => `m${index}`)

async function measure(
  name: string,
  clients: number,
  work: (id: string) => Promise<unknown>,
): Promise<number> {
  const waiting = [...ids]
  const times: number[] = []
  const began = performance.now()
  const run = async () => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      const start = performance.now()
      await work(id)
      times.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: clients }, run))
  const rate = (COUNT * 1000) / (performance.now() - began)
  const median = times.sort((a, b) => a - b)[times.length >> 1] ?? 0
  console.log(
    `${name.padEnd(24)} ${String(clients).padStart(2)} clients ${rate.toFixed(0).padStart(5)}/s  median ${median.toFixed(1)} ms`,
  )
  return rate
}

try {
  await installation.runTicketWorker()
  await installation.runWorkerOf(CHILDREN, 'idle')
  const idle = (id: string) => client.workflow.getHandle(`idle:${installation.accountId}:${id}`)
  const send = (command: Parameters<Installation['envelope']>[0], by: string) => (id: string) =>
    installation.send(id, installation.envelope(command, by))
  await measure('start of nothing', CLIENTS, (id) =>
    client.workflow.start('idle', {
      workflowId: idle(id).workflowId,
      taskQueue: `${installation.prefix}idle`,
      args: [],
    }),
  )
  const nothing = (id: string) => idle(id).executeUpdate('nothing')
  await measure('(warm up)', CLIENTS, nothing)
  await measure('create', CLIENTS, (id) =>
    installation.send(id, installation.envelope(creation(), CONTACT_AUTHORITY)),
  )
  const empty = await measure('update of nothing', CLIENTS, nothing)
  const claims = await measure('claim', CLIENTS, send({ type: 'claim' }, 'ana'))
  const transfers = await measure('release', CLIENTS, send({ type: 'release' }, 'ana'))
  const emptyAgain = await measure('update of nothing', CLIENTS, nothing)
  await measure('update of nothing', 1, nothing)
  await measure('claim', 1, send({ type: 'claim' }, 'ana'))
  const reference = (empty + emptyAgain) / 2
  console.log(
    `claim ${(claims / reference).toFixed(2)}, release ${(transfers / reference).toFixed(2)} of nothing`,
  )
} finally {
  await installation.close()
  process.exit()
}
