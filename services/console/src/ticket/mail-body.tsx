import DOMPurify from 'dompurify'
import { useEffect, useRef, useState } from 'react'
import { useT } from '../i18n/intl.tsx'
import { Button } from '../ui/controls.tsx'
import { safeStyle, stylesAside } from './mail-styles.ts'

const PURIFY = {
  RETURN_DOM_FRAGMENT: true as const,
  FORBID_TAGS: [
    'style',
    'form',
    'input',
    'button',
    'select',
    'textarea',
    'iframe',
    'object',
    'embed',
    'svg',
    'math',
    'video',
    'audio',
  ],
  ADD_ATTR: ['target'],
  ALLOW_UNKNOWN_PROTOCOLS: false,
}

/** Mails are made for white paper; only what we put beside them follows the theme. */
const PAPER = `
  :root { color-scheme: light; }
  body { margin: 0; font: 14px/1.5 system-ui, sans-serif; color: #16191f; overflow-wrap: anywhere; overflow-x: auto; }
  img { max-width: 100%; height: auto; }
  blockquote { margin-inline: 0; padding-inline-start: 12px; border-inline-start: 2px solid #d5d9e0; color: #596273; }
  pre { white-space: pre-wrap; }
  a { color: #2f49c5; }
`

/**
 * The HTML of a mail, sanitized a second time and shown in a frame in which nothing can run. Remote pictures
 * tell the sender that they were looked at, so they wait until somebody asks for them.
 */
export function MailBody({ html, title }: { html: string; title: string }) {
  const t = useT()
  const frame = useRef<HTMLIFrameElement>(null)
  const [images, setImages] = useState(false)
  const remote = /data-src=["']https:/i.test(html)

  useEffect(() => {
    const element = frame.current
    if (!element) return
    let observer: ResizeObserver | undefined
    const fill = () => {
      observer?.disconnect()
      observer = show(element, html, images)
    }
    fill()
    // Some browsers load even an empty frame once more.
    element.addEventListener('load', fill)
    return () => {
      element.removeEventListener('load', fill)
      observer?.disconnect()
    }
  }, [html, images])

  return (
    <div className="mail-body">
      {remote && !images && (
        <p className="mail-images">
          {t('message.images_blocked')}
          <Button size="small" onPress={() => setImages(true)}>
            {t('message.show_images')}
          </Button>
        </p>
      )}
      <iframe
        ref={frame}
        title={title}
        sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"
        referrerPolicy="no-referrer"
      />
    </div>
  )
}

function show(frame: HTMLIFrameElement, html: string, images: boolean): ResizeObserver | undefined {
  const page = frame.contentDocument
  const view = frame.contentWindow as (Window & typeof globalThis) | null
  if (!page || !view) return undefined
  const content = page.importNode(prepare(DOMPurify.sanitize(stylesAside(html), PURIFY), images), true)
  const paper = new view.CSSStyleSheet()
  paper.replaceSync(PAPER)
  page.adoptedStyleSheets = [paper]
  page.body.dir = 'auto'
  page.body.replaceChildren(content)
  for (const element of page.querySelectorAll<HTMLElement>('[data-style]')) {
    // By script, since the page's policy refuses styles in markup; none that loads or covers anything.
    element.style.cssText = safeStyle(element.dataset.style ?? '')
    element.removeAttribute('data-style')
  }
  const resize = () => {
    frame.style.height = `${Math.ceil(page.documentElement.getBoundingClientRect().height)}px`
  }
  const observer = new ResizeObserver(resize)
  observer.observe(page.documentElement)
  resize()
  return observer
}

/** Readies sanitized markup for the frame: pictures by our own rule, links to new windows. */
export function prepare(content: DocumentFragment, images: boolean): DocumentFragment {
  for (const image of content.querySelectorAll('img')) {
    const attachment = image.getAttribute('data-attachment-id')
    const remote = image.getAttribute('data-src')
    const own = image.getAttribute('src') ?? ''
    if (!own.startsWith('data:')) image.removeAttribute('src')
    if (attachment) image.setAttribute('src', `/api/v1/attachments/${encodeURIComponent(attachment)}`)
    else if (remote?.startsWith('https:') && images) image.setAttribute('src', remote)
    image.removeAttribute('srcset')
  }
  for (const link of content.querySelectorAll('a')) {
    link.setAttribute('target', '_blank')
    link.setAttribute('rel', 'noopener noreferrer nofollow')
  }
  return content
}
