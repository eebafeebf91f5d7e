/**
 * Does what was asked for meanwhile together: while one batch is on its way, the next gathers. So work that
 * comes alone waits for nobody, and work that comes in crowds costs one round trip for many.
 */
export function gathered<Item, Result>(
  most: number,
  work: (items: Item[]) => Promise<Result[]>,
): (item: Item) => Promise<Result> {
  interface Asked {
    item: Item
    resolve(result: Result): void
    reject(error: unknown): void
  }
  const waiting: Asked[] = []
  let running = false

  async function run(): Promise<void> {
    running = true
    // A turn of the event loop, so that all who ask now are in the first batch.
    await new Promise((resolve) => setImmediate(resolve))
    while (waiting.length) {
      const batch = waiting.splice(0, most)
      try {
        const results = await work(batch.map(({ item }) => item))
        for (const [index, { resolve }] of batch.entries()) resolve(results[index] as Result)
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    running = false
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      if (!running) void run()
    })
}
