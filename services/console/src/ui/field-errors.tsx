import { createContext, type ReactNode, useContext } from 'react'
import { ApiError } from '../api/client.ts'

/** The field of a form that a fault belongs to: `distribution.on[0]` is of `distribution`. */
export const rootOf = (field: string): string => field.split(/[.[]/, 1)[0] ?? field

/** What the API says itself is English, in every language of the page. */
export const ApiWords = ({ children }: { children: string }) => (
  <bdi lang="en" dir="ltr">
    {children}
  </bdi>
)

type Fault = (field: string) => ReactNode | undefined

const FaultContext = createContext<Fault>(() => undefined)

/** What the API said of one field, or of a part of it. The more exact name is asked for first. */
export function faultOf(error: unknown, field: string): string | undefined {
  const errors = error instanceof ApiError ? (error.problem?.errors ?? []) : []
  const found =
    errors.find((each) => each.field === field) ??
    errors.find((each) => each.field.startsWith(`${field}.`) || each.field.startsWith(`${field}[`))
  return found?.message
}

/** Shows what the API refused at the fields below. */
export function FieldErrors(props: {
  error: unknown
  /** Refusals that name no field, and the field that they are about. */
  reasons?: Readonly<Record<string, string>>
  explain?: (error: unknown) => string
  children: ReactNode
}) {
  const { error, reasons = {}, explain, children } = props
  const fault: Fault = (field) => {
    const named = faultOf(error, field)
    if (named !== undefined) return <ApiWords>{named}</ApiWords>
    const about = error instanceof ApiError ? reasons[error.reason] : undefined
    return about === field ? (explain?.(error) ?? (error as ApiError).message) : undefined
  }
  return <FaultContext value={fault}>{children}</FaultContext>
}

export const useFault = (): Fault => useContext(FaultContext)

/** A field that shows its own fault. */
export function At({
  field,
  children,
}: {
  field: string
  children: (fault: ReactNode | undefined) => ReactNode
}) {
  return children(useFault()(field))
}
