import { convert } from 'html-to-text'
import sanitizeHtml from 'sanitize-html'
import { cleanText } from './charset.ts'

/** HTML beyond this is kept as a file and only its text is shown: nobody wrote it by hand. */
export const MAX_HTML_CHARS = 512 * 1024

const COLOUR = [/^#[0-9a-f]{3,8}$/i, /^[a-z]{3,20}$/i, /^rgba?\([\d\s.,%/]{1,40}\)$/i]
const LENGTH = [/^-?\d{1,4}(?:\.\d{1,3})?(?:px|pt|em|rem|ex|%)?$/i]
const LENGTHS = [/^(?:-?\d{1,4}(?:\.\d{1,3})?(?:px|pt|em|rem|ex|%)?(?:\s+|$)){1,4}$/i]

const options: sanitizeHtml.IOptions = {
  allowedTags: [
    ...['a', 'abbr', 'address', 'article', 'b', 'bdi', 'bdo', 'big', 'blockquote', 'br', 'caption', 'center'],
    ...[
      'cite',
      'code',
      'col',
      'colgroup',
      'dd',
      'del',
      'dfn',
      'div',
      'dl',
      'dt',
      'em',
      'figcaption',
      'figure',
    ],
    ...['font', 'footer', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'header', 'hr', 'i', 'img', 'ins', 'kbd', 'li'],
    ...['main', 'mark', 'ol', 'p', 'pre', 'q', 's', 'samp', 'section', 'small', 'span', 'strike', 'strong'],
    ...[
      'sub',
      'sup',
      'table',
      'tbody',
      'td',
      'tfoot',
      'th',
      'thead',
      'time',
      'tr',
      'tt',
      'u',
      'ul',
      'var',
      'wbr',
    ],
  ],
  allowedAttributes: {
    '*': ['style', 'dir', 'lang', 'title', 'align'],
    a: ['href', 'rel', 'target'],
    img: ['src', 'alt', 'width', 'height', 'data-src', 'data-attachment-id'],
    table: ['border', 'cellpadding', 'cellspacing', 'width', 'bgcolor'],
    td: ['colspan', 'rowspan', 'width', 'height', 'valign', 'bgcolor'],
    th: ['colspan', 'rowspan', 'width', 'height', 'valign', 'bgcolor'],
    tr: ['valign', 'bgcolor'],
    col: ['span', 'width'],
    font: ['color', 'size', 'face'],
    ol: ['start', 'type'],
    blockquote: ['type'],
  },
  allowedStyles: {
    '*': {
      color: COLOUR,
      'background-color': COLOUR,
      'font-size': LENGTH,
      'font-weight': [/^(?:normal|bold|bolder|lighter|[1-9]00)$/i],
      'font-style': [/^(?:normal|italic|oblique)$/i],
      'font-family': [/^[\w\s,'"-]{1,200}$/],
      'text-align': [/^(?:left|right|center|justify|start|end)$/i],
      'text-decoration': [/^(?:none|underline|line-through)$/i],
      'line-height': LENGTH,
      'white-space': [/^(?:normal|pre|pre-wrap|pre-line|nowrap)$/i],
      direction: [/^(?:ltr|rtl)$/i],
      margin: LENGTHS,
      'margin-left': LENGTH,
      padding: LENGTHS,
      'padding-left': LENGTH,
      border: [/^[\w\s#.(),]{1,60}$/],
      'border-left': [/^[\w\s#.(),]{1,60}$/],
      'border-collapse': [/^(?:collapse|separate)$/i],
    },
  },
  allowedSchemes: ['http', 'https', 'mailto', 'tel'],
  allowedSchemesByTag: { img: ['data'] },
  allowProtocolRelative: false,
  nonTextTags: [
    'style',
    'script',
    'textarea',
    'option',
    'noscript',
    'title',
    'head',
    'xml',
    'svg',
    'math',
    'iframe',
  ],
  nestingLimit: 200,
}

const SAFE_DATA_IMAGE = /^data:image\/(?:png|jpe?g|gif|webp);base64,[a-z0-9+/=\s]*$/i

/**
 * HTML that may be shown to an agent: no script, form, frame, style sheet or positioned element, and nothing
 * that is fetched when it is opened. The address of a remote image moves to `data-src`; an image of the mail
 * itself names its file in `data-attachment-id`.
 */
export function safeHtml(html: string, attachmentOf: (cid: string) => string | undefined): string {
  const clean = sanitizeHtml(cleanText(html), {
    ...options,
    transformTags: {
      a: (tagName, attribs) => ({
        tagName,
        attribs: { ...attribs, rel: 'noopener noreferrer nofollow', target: '_blank' },
      }),
      img: (tagName, attribs) => ({ tagName, attribs: neutralImage(attribs, attachmentOf) }),
    },
  })
  return clean.trim()
}

function neutralImage(
  { src = '', 'data-src': _own, 'data-attachment-id': _id, ...rest }: Record<string, string>,
  attachmentOf: (cid: string) => string | undefined,
): Record<string, string> {
  const source = src.trim()
  if (/^cid:/i.test(source)) {
    const id = attachmentOf(decodeCid(source.slice(4)))
    return id === undefined ? rest : { ...rest, 'data-attachment-id': id }
  }
  if (SAFE_DATA_IMAGE.test(source)) return { ...rest, src: source }
  return /^https?:\/\//i.test(source) ? { ...rest, 'data-src': source } : rest
}

function decodeCid(cid: string): string {
  try {
    return decodeURIComponent(cid)
  } catch {
    return cid
  }
}

/** The text of an HTML part, for lists, search, notices and readers that want no HTML; of its beginning when it is huge. */
export function textOfHtml(html: string): string {
  const text = convert(
    safeHtml(html.slice(0, MAX_HTML_CHARS), () => undefined),
    {
      wordwrap: false,
      limits: { maxInputLength: MAX_HTML_CHARS, maxDepth: 150, ellipsis: '…' },
      selectors: [
        { selector: 'img', format: 'skip' },
        { selector: 'style', format: 'skip' },
        { selector: 'title', format: 'skip' },
        { selector: 'a', options: { hideLinkHrefIfSameAsText: true, ignoreHref: false, noAnchorUrl: true } },
        ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({
          selector,
          options: { uppercase: false },
        })),
      ],
    },
  )
  return cleanText(text).trim()
}

/** Plain text as HTML, where a mail mixes both. */
export function htmlOfText(text: string): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  return `<div style="white-space: pre-wrap">${escaped}</div>`
}
