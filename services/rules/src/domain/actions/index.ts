import type { ActionKind } from './action.ts'
import { addTags, removeTags, setPriority, stop } from './properties.ts'
import { assign, transfer } from './responsibility.ts'

export type { ActionKind, Decided } from './action.ts'

export const STOP = stop.type

export const ACTIONS: ReadonlyMap<string, ActionKind> = new Map(
  [transfer, assign, setPriority, addTags, removeTags, stop].map((kind) => [kind.type, kind]),
)
