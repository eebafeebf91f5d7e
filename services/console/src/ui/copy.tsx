import { type RefObject, useState } from 'react'
import { useT } from '../i18n/intl.tsx'
import { Button } from './controls.tsx'

/** Copies what a field shows, and says that it did; without the right to the clipboard a key press does it. */
export function CopyButton({ from }: { from: RefObject<HTMLInputElement | HTMLTextAreaElement | null> }) {
  const t = useT()
  const [copied, setCopied] = useState<'no' | 'yes' | 'failed'>('no')
  const copy = async () => {
    const field = from.current
    if (!field) return
    try {
      await navigator.clipboard.writeText(field.value)
      setCopied('yes')
    } catch {
      field.select()
      field.focus()
      setCopied('failed')
    }
  }
  return (
    <>
      <Button onPress={() => void copy()}>{t('key.copy')}</Button>
      <span role="status" className="muted">
        {copied === 'yes' ? t('key.copied') : copied === 'failed' ? t('key.copy_failed') : ''}
      </span>
    </>
  )
}
