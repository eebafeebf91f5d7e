import { useLanguage } from '../i18n/intl.tsx'

/** A size as people read it. */
export function FileSize({ bytes }: { bytes: number }) {
  const { intl } = useLanguage()
  const [value, unit] =
    bytes >= 1_000_000
      ? [bytes / 1_000_000, 'megabyte']
      : bytes >= 1000
        ? [bytes / 1000, 'kilobyte']
        : [bytes, 'byte']
  return (
    <small className="muted">
      {intl.formatNumber(value as number, {
        style: 'unit',
        unit: unit as string,
        unitDisplay: 'short',
        maximumFractionDigits: unit === 'megabyte' ? 1 : 0,
      })}
    </small>
  )
}
