import { type ReactNode, useEffect, useRef } from 'react'

let firstPage = true

/** One page: its title names the window, and takes the focus when the reader comes from another page. */
export function Page(props: { title: string; children: ReactNode; actions?: ReactNode; focus?: boolean }) {
  const { title, children, actions, focus = true } = props
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${title} · Onus`
  }, [title])
  useEffect(() => {
    if (!firstPage && focus) heading.current?.focus()
    firstPage = false
  }, [focus])
  return (
    <div className="page">
      <header className="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {actions && <div className="page-actions">{actions}</div>}
      </header>
      {children}
    </div>
  )
}
