import { Transform } from 'node:stream'
import { MailParser } from 'mailparser'
import { decodeDeclared, decodeGuessing, isUntrusted } from './charset.ts'
import { MAX_HEADER_BYTES } from './headers.ts'

/** One leaf of a mail that a reader sees as a file. */
export interface RawAttachment {
  filename?: string
  contentType: string
  /** Without angle brackets. */
  cid?: string
  related: boolean
  content: Buffer
}

/** A node of the mail's tree, as far as its text matters. */
export interface TextNode {
  contentType: string
  isAttachment: boolean
  textContent?: string
  children: TextNode[]
}

export interface ParsedTree {
  root: TextNode | null
  headers: Map<string, unknown>
  attachments: RawAttachment[]
}

/** The parts of the parser's own nodes that are steered here. */
interface ParserNode {
  node: { _parsedContentDisposition?: { params?: { filename?: string } }; root: boolean }
  contentType: string | false
  isAttachment?: boolean
  disposition?: string
  charset?: string
  textContent?: string
  children: ParserNode[]
}
interface ParserInternals {
  splitter: NodeJS.EventEmitter & { maxHeadSize: number }
  tree: ParserNode | false
  decoder: { decodeStream(charset: string): Transform }
  createNode(node: unknown): ParserNode
  getTextContent(): unknown
}

/** No mail needs as many parts; nesting that is deeper is an attack. */
const MAX_PARTS = 500
const MAX_PART_HEADER_BYTES = 32 * 1024
const GUESS = 'x-onus-guess'

/**
 * Splits a mail into text nodes and files with mailparser, and mends three things in it: text of a missing,
 * wrong or unknown charset is guessed and not garbled; text parts with a file name stay files; and the text is
 * left in its tree, because putting it together (see `content.ts`) needs to know what is an alternative of what.
 */
export function parseTree(mail: Buffer): Promise<ParsedTree> {
  const parser = new MailParser({
    skipHtmlToText: true,
    skipTextToHtml: true,
    skipTextLinks: true,
    skipImageLinks: true,
    keepDeliveryStatus: true,
    ignoreEmbedded: true,
    maxHeadSize: MAX_HEADER_BYTES,
    maxChildNodes: MAX_PARTS,
  } as never)
  const internals = parser as unknown as ParserInternals
  steer(internals)

  return new Promise((resolve, reject) => {
    const result: ParsedTree = { root: null, headers: new Map(), attachments: [] }
    parser.on('error', reject)
    // The parser forgets the splitter's error once its input has ended.
    internals.splitter.on('error', reject)
    parser.on('headers', (headers) => {
      result.headers = headers
    })
    parser.on('data', (part: StreamedPart) => {
      if (part.type !== 'attachment') return
      const chunks: Buffer[] = []
      part.content.on('data', (chunk: Buffer) => chunks.push(chunk))
      part.content.on('error', reject)
      part.content.on('end', () => {
        result.attachments.push({
          contentType: part.contentType || 'application/octet-stream',
          related: part.related === true,
          content: Buffer.concat(chunks),
          ...(part.filename ? { filename: part.filename } : {}),
          ...(part.cid ? { cid: part.cid } : {}),
        })
        part.release()
      })
    })
    parser.on('end', () => resolve({ ...result, root: internals.tree ? textNode(internals.tree) : null }))
    parser.end(mail)
  })
}

interface StreamedPart {
  type: string
  content: NodeJS.ReadableStream
  contentType: string
  filename?: string | false
  cid?: string
  related?: boolean
  release(): void
}

function steer(parser: ParserInternals): void {
  const createNode = parser.createNode.bind(parser)
  parser.createNode = (source) => {
    const node = createNode(source)
    // Only the mail's own header may be long: what it holds was chosen and cut by `openMail`.
    if (node.node.root) parser.splitter.maxHeadSize = MAX_PART_HEADER_BYTES
    const named = node.node._parsedContentDisposition?.params?.filename
    if (named && node.disposition === 'inline' && !node.node.root) node.isAttachment = true
    if (node.disposition === 'inline' && isUntrusted(node.charset)) node.charset = GUESS
    return node
  }
  const known = parser.decoder
  parser.decoder = {
    decodeStream(charset) {
      if (charset === GUESS) return new WholeDecoder(decodeGuessing)
      try {
        return known.decodeStream(charset)
      } catch {
        return new WholeDecoder((bytes) => decodeDeclared(bytes, charset) ?? decodeGuessing(bytes))
      }
    },
  }
  parser.getTextContent = () => ({ type: 'text' })
}

/** Decodes when everything is there: whether bytes are UTF-8 is known only at the end. */
class WholeDecoder extends Transform {
  readonly #decode: (bytes: Buffer) => string
  readonly #chunks: Buffer[] = []

  constructor(decode: (bytes: Buffer) => string) {
    super()
    this.#decode = decode
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#chunks.push(chunk)
    done()
  }

  override _flush(done: () => void): void {
    this.push(Buffer.from(this.#decode(Buffer.concat(this.#chunks))))
    done()
  }
}

function textNode(node: ParserNode): TextNode {
  return {
    contentType: node.contentType || 'text/plain',
    isAttachment: node.isAttachment === true,
    children: node.children.map(textNode),
    ...(node.textContent === undefined ? {} : { textContent: node.textContent }),
  }
}
