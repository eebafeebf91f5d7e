import { type Clock, rfc3339 } from '@onus/kit/clock'
import { decodeCursor, encodeCursor } from '@onus/kit/cursor'
import type { DirectoryReader, DirectoryView } from '@onus/kit/directory'
import type { CallContext } from '@onus/kit/grpc'
import { Problem, problems } from '@onus/kit/problems'
import type { Page } from '@onus/proto/onus/v1/common'
import type { Actor } from '@onus/workflows-contract'
import { z } from 'zod'
import { actorOf, type Permission, requirePermission } from '../domain/access.ts'
import type { Facts } from '../domain/facts.ts'
import type { Reference } from '../domain/model.ts'
import type { RuleStore } from '../store/rules.ts'
import type { TemplateStore } from '../store/templates.ts'

/** Which webhooks there are; the notification service knows. */
export interface Webhooks {
  /** Those of the ids that the account does not have. */
  missing(
    accountId: string,
    ids: readonly string[],
    how?: { mayBeOld: boolean },
  ): Promise<ReadonlySet<string>>
}

export interface Parts {
  store: RuleStore
  templates: TemplateStore
  directory: DirectoryReader
  webhooks: Webhooks
  clock: Clock
}

export type Caller = CallContext['caller']

/** What every RPC begins with: who calls, in which account, and what rules can name there. */
export class Entry {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** The caller's account; `verb` reads after "You may not". Asked before anything else. */
  async enter(caller: Caller, permission: Permission, verb: string): Promise<DirectoryView> {
    if (caller.type === 'operator' || (caller.type === 'system' && permission === 'write')) {
      requirePermission(caller, permission, undefined, verb)
    }
    const view = await this.#accountOf(caller)
    requirePermission(caller, permission, view.agent(caller.id), verb)
    return view
  }

  async #accountOf({ accountId }: Caller): Promise<DirectoryView> {
    try {
      return await this.#parts.directory.snapshot(accountId)
    } catch (error) {
      if (!(error instanceof Problem) || error.reason !== 'not-found') throw error
      throw problems.unauthenticated('The account does not exist.')
    }
  }

  /** Whatever of these references there is now; a name that is not among them counts as there. */
  async facts(
    view: DirectoryView,
    references: readonly Reference[],
    how?: { mayBeOld: boolean },
  ): Promise<Facts> {
    const ids = (kind: Reference['kind']) => [
      ...new Set(references.filter((one) => one.kind === kind).map(({ id }) => id)),
    ]
    const [templates, webhooks] = [ids('template'), ids('webhook')]
    const [found, missing] = await Promise.all([
      this.#parts.templates.findMany(view.accountId, templates),
      webhooks.length ? this.#parts.webhooks.missing(view.accountId, webhooks, how) : new Set<string>(),
    ])
    return {
      ...view,
      now: this.#parts.clock(),
      defaultDepartmentId: view.settings.defaultDepartmentId,
      hasTemplate: (id) => found.has(id) || !templates.includes(id),
      hasWebhook: (id) => !missing.has(id),
    }
  }

  /** Who saves, and when. */
  author(caller: Caller): { by: Actor; now: string } {
    return { by: actorOf(caller), now: rfc3339(this.#parts.clock()) }
  }
}

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 200

export function limitOf(page: Page | undefined): number {
  const limit = page?.limit || DEFAULT_LIMIT
  if (limit < 1 || limit > MAX_LIMIT) {
    throw problems.invalid([{ field: 'limit', message: `Ask for 1 to ${MAX_LIMIT}.` }])
  }
  return limit
}

/** A page of a list that is in memory; the cursor is how many came before. */
export function pageFrom<T>(
  items: readonly T[],
  page: Page | undefined,
): { items: T[]; nextCursor?: string } {
  const limit = limitOf(page)
  const begin = page?.cursor ? decodeCursor(page.cursor, z.number().int().min(0)) : 0
  const end = begin + limit
  return { items: items.slice(begin, end), ...(end < items.length && { nextCursor: encodeCursor(end) }) }
}
