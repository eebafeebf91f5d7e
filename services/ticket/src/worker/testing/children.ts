/** Stand-ins for the workflows that a ticket starts: what they do is tested where they live. */
export async function notice(): Promise<void> {}
export async function reply(): Promise<void> {}
