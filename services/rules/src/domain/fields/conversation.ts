import { languageOf } from '../language.ts'
import { actualOf, textOf } from '../values.ts'
import type { Field } from './field.ts'
import { text } from './text.ts'

export const subject = text('subject')
export const body = text('body')

/** BCP 47 tag of what the contact writes: as the ticket says, or else as its text is read. */
export const language: Field = {
  ...text('language'),
  derivedFrom: ['language', 'subject', 'body'],
  read(values) {
    const said = textOf(values.language)
    return actualOf(said || languageOf(`${textOf(values.subject) ?? ''}\n${textOf(values.body) ?? ''}`))
  },
}
