import { createTicketLog } from '../../store/log.ts'
import { Installation, type InstallationSettings } from './installation.ts'

/**
 * A ticket worker, as a process of its own, that is killed at the dangerous moment: a command of the given
 * type is in the log, and nothing else has happened.
 *
 *     node dying-worker.ts <settings as JSON> <command type> [before]
 *
 * With `before` it is killed just before that.
 */
const [settings = '{}', deadly, moment] = process.argv.slice(2)
const installation = await Installation.open(JSON.parse(settings) as InstallationSettings)
const log = createTicketLog(installation.mongo.db)
await installation.runTicketWorker(
  installation.activities({
    ...log,
    async append(document) {
      const dies = document.commandType === deadly
      if (dies && moment === 'before') process.kill(process.pid, 'SIGKILL')
      const appended = await log.append(document)
      if (dies) process.kill(process.pid, 'SIGKILL')
      return appended
    },
  }),
)
console.log('ready')
