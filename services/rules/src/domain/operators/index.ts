import { is, isIn, isNot } from './equality.ts'
import type { Operator } from './operator.ts'
import { gt, lt } from './order.ts'
import { contains, notContains, startsWith } from './parts.ts'
import { matches } from './pattern.ts'
import { exists } from './presence.ts'

export type { Operator, Test } from './operator.ts'

export const OPERATORS: ReadonlyMap<string, Operator> = new Map(
  [is, isNot, isIn, contains, notContains, startsWith, matches, gt, lt, exists].map((operator) => [
    operator.name,
    operator,
  ]),
)
