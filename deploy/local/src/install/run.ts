import { spawn } from 'node:child_process'

/** Runs a tool to its end and answers its output; a failure carries the last lines it printed. */
export function runTool(
  command: string,
  args: string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const collect = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-20_000)
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'ENOENT' ? new Error(`${command} is not installed`) : error)
    })
    child.once('close', (code, signal) => {
      if (code === 0) resolve(output)
      else {
        const tail = output.trim().split('\n').slice(-15).join('\n')
        reject(new Error(`${command} ${args[0] ?? ''} failed (${signal ?? code}):\n${tail}`))
      }
    })
  })
}
