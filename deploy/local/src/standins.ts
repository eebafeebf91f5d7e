import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startDependencies } from './dependencies/index.ts'
import { Registry } from './processes/registry.ts'
import { startMailSink } from './sinks/mail.ts'

/**
 * The program of the image `onus-dev`: Temporal, Kafka, the store and a mail sink in one pod, for a trial of the
 * chart. They keep nothing when the pod ends. POD_IP is where they listen and what Kafka tells its clients.
 */
const PORTS = { temporal: 7233, temporalUi: 8233, kafka: 9092, mongodb: 27017 }
const SMTP_PORT = 1025
/** Shows the mails as JSON; /readyz answers when everything is there. */
const WEB_PORT = 8025

const host = process.env.POD_IP
if (!host) throw new Error('POD_IP is not set')
const folder = join(tmpdir(), 'onus-dev')
const progress = (line: string) => console.log(line)

let ready = false
const mail = await startMailSink(SMTP_PORT, host)
const web = createServer((request, response) => {
  const probed = request.url === '/readyz'
  response.writeHead(probed && !ready ? 503 : 200, { 'content-type': 'application/json' })
  response.end(JSON.stringify(probed ? { ok: ready } : { items: mail.items }))
}).listen(WEB_PORT, host)

const dependencies = await startDependencies({
  data: join(folder, 'data'),
  logs: join(folder, 'logs'),
  registry: new Registry(join(folder, 'run', 'processes.json')),
  progress,
  host,
  ports: PORTS,
  env: {},
})
ready = true
progress('the stand-ins are ready')

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, async () => {
    ready = false
    await Promise.all([dependencies.stop(), mail.close()])
    web.close()
    process.exit(0)
  })
