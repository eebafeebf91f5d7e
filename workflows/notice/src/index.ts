export * from './activities.ts'
export * from './names.ts'
