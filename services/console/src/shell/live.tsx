import { useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react'
import { LiveConnection, type LiveState } from '../api/live.ts'
import { CachePatcher } from '../api/patch.ts'

const LiveContext = createContext<LiveState>('connecting')

/** How the connection for events is. */
export const useLiveState = (): LiveState => useContext(LiveContext)

/** A break that heals within this time is not worth a word. */
const SAY_LOST_AFTER_MS = 1_500

/** Keeps what is shown below it true. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient()
  const [state, setState] = useState<LiveState>('connecting')
  useEffect(() => {
    const patcher = new CachePatcher(client)
    let timer: ReturnType<typeof setTimeout> | undefined
    const connection = new LiveConnection(
      (event) => patcher.take(event),
      (next) => {
        clearTimeout(timer)
        if (next === 'lost') timer = setTimeout(() => setState('lost'), SAY_LOST_AFTER_MS)
        else setState(next)
      },
    )
    connection.start()
    return () => {
      clearTimeout(timer)
      connection.stop()
      patcher.stop()
    }
  }, [client])
  return <LiveContext value={state}>{children}</LiveContext>
}
