import type { Handlers } from '@onus/kit/grpc'
import { problems } from '@onus/kit/problems'
import type { AuditServiceService } from '@onus/proto/onus/v1/audit'
import type { Actor } from '@onus/workflows-contract'
import type { Parts } from './entry.ts'

/** What other services have done in an account goes into the same record. */
export function auditHandlers({ accounts }: Pick<Parts, 'accounts'>): Handlers<AuditServiceService> {
  return {
    async recordAudit({ id, at, actor, action, entityId, fields }, { caller }) {
      if (caller.type !== 'system') throw problems.forbidden('write the audit')
      await accounts.audit(caller.accountId, actor as Actor, action, entityId, fields, { id, at })
      return {}
    },
  }
}
