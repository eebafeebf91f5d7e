import type { Operator } from './operator.ts'

/** Whether the field has any value; `value` false asks that it has none, true is what it means left out. */
export const exists: Operator = {
  name: 'exists',
  check(_, value, path, errors) {
    if (value !== undefined && value !== null && typeof value !== 'boolean') {
      errors.add(path, 'Give true or false, or leave it out for true.')
    }
  },
  compile(_, value) {
    const wanted = value !== false
    return ({ present }) => present === wanted
  },
  wholes: () => [],
}
