import { setTimeout as sleep } from 'node:timers/promises'
import { isDuplicateKey } from '@onus/kit/mongo'
import { problems } from '@onus/kit/problems'
import type { Collection, Db } from 'mongodb'
import type { Template } from '../domain/templates/model.ts'

type TemplateDocument = Omit<Template, 'id'> & {
  _id: string
  id: string
  accountId: string
  /** For the order of the list: names without regard to case. */
  sortName: string
  revision: number
}

const ATTEMPTS = 8

/** The templates of all accounts, a document each. */
export class TemplateStore {
  readonly #templates: Collection<TemplateDocument>

  constructor(db: Db) {
    this.#templates = db.collection<TemplateDocument>('templates')
  }

  /** False when there is one of that id already. */
  async create(accountId: string, template: Template): Promise<boolean> {
    try {
      await this.#templates.insertOne(documentOf(accountId, template, 1))
      return true
    } catch (error) {
      if (isDuplicateKey(error)) return false
      throw error
    }
  }

  async find(accountId: string, id: string): Promise<Template> {
    const found = await this.#templates.findOne({ _id: idOf(accountId, id) })
    if (!found) throw problems.notFound('template', id)
    return templateOf(found)
  }

  /** Those of the ids that there are. */
  async findMany(accountId: string, ids: readonly string[]): Promise<Map<string, Template>> {
    if (!ids.length) return new Map()
    const found = await this.#templates
      .find({ _id: { $in: [...new Set(ids)].map((id) => idOf(accountId, id)) } })
      .toArray()
    return new Map(found.map((document) => [document.id, templateOf(document)]))
  }

  /** By name; `after` is the page's predecessor. */
  async page(
    accountId: string,
    limit: number,
    after?: { sortName: string; id: string },
  ): Promise<(Template & { sortName: string })[]> {
    const found = await this.#templates
      .find({
        accountId,
        ...(after && {
          $or: [{ sortName: { $gt: after.sortName } }, { sortName: after.sortName, id: { $gt: after.id } }],
        }),
      })
      .sort({ sortName: 1, id: 1 })
      .limit(limit)
      .toArray()
    return found.map((document) => ({ ...templateOf(document), sortName: document.sortName }))
  }

  async change(accountId: string, id: string, decide: (before: Template) => Template): Promise<Template> {
    const _id = idOf(accountId, id)
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const found = await this.#templates.findOne({ _id })
      if (!found) throw problems.notFound('template', id)
      const before = templateOf(found)
      const after = decide(before)
      if (after === before) return before
      const { _id: _, ...replacement } = documentOf(accountId, after, found.revision + 1)
      const { matchedCount } = await this.#templates.replaceOne(
        { _id, revision: found.revision },
        replacement,
      )
      if (matchedCount === 1) return after
      await sleep(Math.random() * 15 * attempt)
    }
    throw problems.unavailable('Too many changes of this template at once. Try again.')
  }

  async delete(accountId: string, id: string): Promise<void> {
    const { deletedCount } = await this.#templates.deleteOne({ _id: idOf(accountId, id) })
    if (!deletedCount) throw problems.notFound('template', id)
  }
}

const idOf = (accountId: string, id: string): string => `${accountId}:${id}`

const documentOf = (accountId: string, template: Template, revision: number): TemplateDocument => ({
  _id: idOf(accountId, template.id),
  accountId,
  ...template,
  sortName: template.name.toLowerCase(),
  revision,
})

const templateOf = ({ _id, accountId, sortName, revision, ...template }: TemplateDocument): Template =>
  template
