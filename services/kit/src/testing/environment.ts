/** Integration tests get the addresses of real servers from the environment. */
export function fromEnvironment(name: string): string {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set: integration tests need a running server`)
  return value
}
