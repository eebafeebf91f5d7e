import { text } from './text.ts'

export const subject = text('subject')
export const body = text('body')
/** BCP 47 tag of what the contact writes, where it is known. */
export const language = text('language')
