import { Component, type ReactNode } from 'react'
import { useT } from '../i18n/intl.tsx'
import { Button } from '../ui/controls.tsx'

/** How browsers, and what packs us, say that a part of the console could not be fetched. */
const NOT_FETCHED = /dynamically imported module|importing a module script|unable to preload/i

interface State {
  failed: boolean
  /** Only a reload helps: what could not be fetched is not asked for twice. */
  reload: boolean
}

/** What a mistake of ours leaves of a part of the page: a word about it, and a way on. */
export class ErrorBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = { failed: false, reload: false }

  static getDerivedStateFromError(error: unknown): State {
    return { failed: true, reload: error instanceof Error && NOT_FETCHED.test(error.message) }
  }

  override render() {
    const { failed, reload } = this.state
    if (!failed) return this.props.children
    return <Broken again={reload ? undefined : () => this.setState({ failed: false })} />
  }
}

function Broken({ again }: { again?: () => void }) {
  const t = useT()
  return (
    <div className="empty" role="alert">
      <h1 className="empty-title">{t('broken.title')}</h1>
      <p>{t('broken.text')}</p>
      <div className="row">
        {again && <Button onPress={again}>{t('action.retry')}</Button>}
        <Button onPress={() => location.reload()}>{t('action.reload')}</Button>
      </div>
    </div>
  )
}
