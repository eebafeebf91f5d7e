import type { IntakeInput } from '@onus/workflows-contract'
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common'
import { proxyActivities, setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow'
import type { IntakeActivities, IntakeResult } from './activities.ts'

const ACCOUNT = defineSearchAttributeKey('OnusAccount', SearchAttributeType.KEYWORD)
const DEPARTMENT = defineSearchAttributeKey('OnusDepartment', SearchAttributeType.KEYWORD)

/** A mail that was accepted is never given up: whatever is down comes back. */
const { takeIn } = proxyActivities<IntakeActivities>({
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '30 seconds',
  retry: { initialInterval: '500 milliseconds', backoffCoefficient: 2, maximumInterval: '30 seconds' },
})

/**
 * Takes one stored mail in. The sender was told 250 because this workflow exists, so it ends only when the
 * mail is in a ticket, is listed as unreadable, or is known to be our own.
 */
export async function intake(input: IntakeInput): Promise<IntakeResult> {
  upsertSearchAttributes([
    { key: ACCOUNT, value: input.accountId },
    { key: DEPARTMENT, value: input.departmentId },
  ])
  setCurrentDetails(`**Mail ${input.mailId}** is stored and waits to be read`)
  const result = await takeIn.executeWithOptions({ summary: `Take mail ${input.mailId} in` }, [input])
  setCurrentDetails(`**Mail ${input.mailId}** ${became(result)}`)
  return result
}

function became(result: IntakeResult): string {
  switch (result.outcome) {
    case 'created':
      return `began ticket ${result.ticketId}${result.followUpOf ? `, which names ${result.followUpOf}` : ''}`
    case 'added':
      return `is a message of ticket ${result.ticketId}`
    case 'unreadable':
      return 'could not be read; it is kept and listed for the admins'
    case 'own':
      return 'is our own and came back; it is kept and makes no ticket'
  }
}
