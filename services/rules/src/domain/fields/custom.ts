import { actualOf } from '../values.ts'
import { type Field, ORDER, TEXT } from './field.ts'

const PREFIX = 'fields.'
const NAME = /^fields\.[^\s.][^\n]{0,99}$/

/** A custom field of the ticket, by its name; null when that is not the name of one. */
export const customField = (name: string): Field | null =>
  NAME.test(name)
    ? {
        name,
        operators: [...TEXT, ...ORDER],
        takes: 'any',
        order: 'number_or_time',
        read(values) {
          const fields = values.fields
          const nested =
            typeof fields === 'object' && fields !== null
              ? (fields as Record<string, unknown>)[name.slice(PREFIX.length)]
              : undefined
          return actualOf(values[name] ?? nested)
        },
      }
    : null
