/** The name and its mark: one hand on one ticket. */
export function Brand() {
  return (
    <span className="brand">
      <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
        <circle cx="10" cy="10" r="7" fill="none" stroke="currentColor" strokeWidth="3" />
        <circle cx="10" cy="10" r="2.2" fill="currentColor" />
      </svg>
      Onus
    </span>
  )
}
