import { Component, type ReactNode } from 'react'
import { useT } from '../i18n/intl.tsx'
import { Button } from '../ui/controls.tsx'

/** What a mistake of ours leaves of a part of the page: a word about it, and a way on. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false }

  static getDerivedStateFromError() {
    return { failed: true }
  }

  override render() {
    return this.state.failed ? <Broken again={() => this.setState({ failed: false })} /> : this.props.children
  }
}

function Broken({ again }: { again: () => void }) {
  const t = useT()
  return (
    <div className="empty" role="alert">
      <h1 className="empty-title">{t('broken.title')}</h1>
      <p>{t('broken.text')}</p>
      <div className="row">
        <Button onPress={again}>{t('action.retry')}</Button>
        <Button onPress={() => location.reload()}>{t('action.reload')}</Button>
      </div>
    </div>
  )
}
