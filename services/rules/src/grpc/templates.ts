import { decodeCursor, encodeCursor } from '@onus/kit/cursor'
import type { Handlers } from '@onus/kit/grpc'
import { newId, stableId } from '@onus/kit/ids'
import { Problem } from '@onus/kit/problems'
import type { Template as TemplateMessage, TemplateServiceService } from '@onus/proto/onus/v1/rules'
import { z } from 'zod'
import { referencesOf } from '../domain/references.ts'
import type { Template } from '../domain/templates/model.ts'
import { createTemplate, type TemplateInput, updateTemplate } from '../domain/templates/templates.ts'
import { Entry, limitOf, type Parts } from './parts.ts'

const cursor = z.strictObject({ sortName: z.string(), id: z.string() })

/** Texts for answers, by rules and by agents. */
export function templateHandlers(parts: Parts): Handlers<TemplateServiceService> {
  const { store, templates } = parts
  const entry = new Entry(parts)

  return {
    async createTemplate({ template, commandId }, { caller }) {
      await entry.enter(caller, 'write', 'create templates')
      const { accountId } = caller
      const id = commandId ? stableId('template', accountId, caller.type, caller.id, commandId) : newId()
      const made = createTemplate(id, inputOf(template), entry.author(caller))
      if (await templates.create(accountId, made))
        await store.audit(accountId, made.updatedBy, 'template.created', id)
      return await templates.find(accountId, id)
    },

    async getTemplate({ templateId }, { caller }) {
      await entry.enter(caller, 'read', 'see templates')
      return await templates.find(caller.accountId, templateId)
    },

    async listTemplates({ page }, { caller }) {
      await entry.enter(caller, 'read', 'see templates')
      const limit = limitOf(page)
      const after = page?.cursor ? decodeCursor(page.cursor, cursor) : undefined
      const found = await templates.page(caller.accountId, limit + 1, after)
      const items = found.slice(0, limit)
      const last = items.at(-1)
      const more = found.length > limit && last
      return {
        items: items.map(({ sortName, ...template }) => template),
        ...(more && { nextCursor: encodeCursor({ sortName: last.sortName, id: last.id }) }),
      }
    },

    async updateTemplate({ template, updateMask }, { caller }) {
      await entry.enter(caller, 'write', 'change templates')
      const author = entry.author(caller)
      let before: Template | undefined
      const after = await templates.change(caller.accountId, template?.id ?? '', (current) => {
        before = current
        return updateTemplate(current, inputOf(template), updateMask, author)
      })
      if (after !== before) await store.audit(caller.accountId, author.by, 'template.updated', after.id)
      return after
    },

    async deleteTemplate({ templateId }, { caller }) {
      await entry.enter(caller, 'write', 'delete templates')
      const { accountId } = caller
      const { rules } = await store.fresh(accountId)
      const user = rules.find(
        (rule) =>
          rule.active && referencesOf(rule).some(({ kind, id }) => kind === 'template' && id === templateId),
      )
      if (user) {
        throw new Problem(
          'in-use',
          `The rule "${user.name}" answers with it. Change or turn off that rule first.`,
        )
      }
      await templates.delete(accountId, templateId)
      await store.audit(accountId, entry.author(caller).by, 'template.deleted', templateId)
      return {}
    },
  }
}

const inputOf = (message: TemplateMessage | undefined): TemplateInput =>
  message ? { name: message.name, subject: message.subject, body: message.body } : {}
