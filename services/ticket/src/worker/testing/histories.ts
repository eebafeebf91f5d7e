/** Where the recorded histories are, one directory for each version that was released. */
export const HISTORIES = new URL('../../../../../workflows/histories/', import.meta.url)
