import type { Logger } from '@onus/kit/logging'
import { meter } from '@onus/kit/telemetry'
import type { LogDocument } from '@onus/workflows-contract'

const applied = meter.createCounter('onus.rules.applied', { description: 'Rules that acted on a ticket' })
const loops = meter.createCounter('onus.rules.loops', {
  description: 'Chains of rules that were stopped because they set each other off without end',
})
const broken = meter.createCounter('onus.rules.skipped', {
  description: 'Rules that would have acted and could not: they name something that has gone',
})

/** Counts what rules did in a command, and warns of loops: somebody has to look at those rules. */
export function observeRules(document: LogDocument, log: Pick<Logger, 'warn'>): void {
  const { accountId, ticketId, entries } = document
  for (const { type, details = {} } of entries) {
    if (type === 'rule.applied') applied.add(1, { trigger: String(details.trigger) })
    if (type !== 'rule.loop_stopped') continue
    loops.add(1)
    const { ruleId, version, depth } = details
    log.warn({ accountId, ticketId, ruleId, version, depth }, 'rules set each other off and were stopped')
  }
}

/** Says that a rule could not act. */
export function observeBroken(
  { accountId, ticketId }: { accountId: string; ticketId: string },
  rule: { ruleId: string; broken: string },
  log: Pick<Logger, 'warn'>,
): void {
  broken.add(1)
  log.warn({ accountId, ticketId, ruleId: rule.ruleId, reason: rule.broken }, 'a broken rule was skipped')
}
