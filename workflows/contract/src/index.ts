export * from './messages.ts'
export * from './model.ts'
export * from './names.ts'
export * from './permissions.ts'
