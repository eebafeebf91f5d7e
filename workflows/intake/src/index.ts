export type * from './activities.ts'
