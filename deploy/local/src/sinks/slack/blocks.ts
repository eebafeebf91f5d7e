import { z } from 'zod'

/** The Block Kit of messages, with Slack's limits. Unknown fields are refused, as there. */

const MOST_BLOCKS = 50
const id = z.string().min(1).max(255)
const blockId = { block_id: id.optional() }

const text = (longest: number, ...types: ('plain_text' | 'mrkdwn')[]) =>
  z.strictObject({
    type: z.enum(types as ['plain_text' | 'mrkdwn']),
    text: z.string().min(1).max(longest),
    emoji: z.boolean().optional(),
    verbatim: z.boolean().optional(),
  })
const anyText = (longest: number) => text(longest, 'plain_text', 'mrkdwn')
const plain = (longest: number) => text(longest, 'plain_text')

const confirm = z.strictObject({
  title: plain(100),
  text: anyText(300),
  confirm: plain(30),
  deny: plain(30),
  style: z.enum(['primary', 'danger']).optional(),
})

const button = z.strictObject({
  type: z.literal('button'),
  text: plain(75),
  action_id: id.optional(),
  url: z
    .string()
    .max(3000)
    .refine((value) => URL.canParse(value))
    .optional(),
  value: z.string().max(2000).optional(),
  style: z.enum(['primary', 'danger']).optional(),
  confirm: confirm.optional(),
  accessibility_label: z.string().max(75).optional(),
})

const image = z.strictObject({
  type: z.literal('image'),
  image_url: z.string().max(3000),
  alt_text: z.string().max(2000),
})

const block = z.discriminatedUnion('type', [
  z
    .strictObject({
      type: z.literal('section'),
      ...blockId,
      text: anyText(3000).optional(),
      fields: z.array(anyText(2000)).min(1).max(10).optional(),
      accessory: z.union([button, image]).optional(),
      expand: z.boolean().optional(),
    })
    .refine(
      ({ text: own, fields }) => own !== undefined || fields !== undefined,
      'a section needs text or fields',
    ),
  z.strictObject({
    type: z.literal('actions'),
    ...blockId,
    elements: z
      .array(button)
      .min(1)
      .max(25)
      .refine((elements) => {
        const ids = elements.flatMap(({ action_id }) => action_id ?? [])
        return new Set(ids).size === ids.length
      }, 'action_id must be unique in a block'),
  }),
  z.strictObject({
    type: z.literal('context'),
    ...blockId,
    elements: z
      .array(z.union([anyText(3000), image]))
      .min(1)
      .max(10),
  }),
  z.strictObject({ type: z.literal('header'), ...blockId, text: plain(150) }),
  z.strictObject({ type: z.literal('divider'), ...blockId }),
  image.extend({ ...blockId, title: plain(2000).optional() }),
])

const blocksSchema = z
  .array(block)
  .max(MOST_BLOCKS)
  .refine((blocks) => {
    const ids = blocks.flatMap(({ block_id }) => block_id ?? [])
    return new Set(ids).size === ids.length
  }, 'block_id must be unique')

/** What is wrong with the blocks of a message, in words; undefined when nothing is. */
export function blocksFault(blocks: unknown): string[] | undefined {
  const parsed = blocksSchema.safeParse(blocks)
  if (parsed.success) return undefined
  return parsed.error.issues.map(({ message, path }) => `${message} [json-pointer:/blocks/${path.join('/')}]`)
}
