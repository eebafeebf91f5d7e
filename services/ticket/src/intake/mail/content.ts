import { cleanText } from './charset.ts'
import { htmlOfText, textOfHtml } from './html.ts'
import type { TextNode } from './parser.ts'

/** What is to be read in a mail: plain text always, HTML when any part of it was HTML. */
export interface MailContent {
  text: string
  /** As it came; not safe to show. */
  html: string | null
}

interface Piece {
  text: string | null
  html: string | null
}

/**
 * Puts the text of a mail together. Of alternatives the last that has text and the last that has HTML count;
 * parts that stand beside each other follow each other, none is left out.
 */
export function contentOf(root: TextNode | null): MailContent {
  const piece = root === null ? { text: null, html: null } : pieceOf(root)
  const text = piece.text ?? (piece.html === null ? '' : textOfHtml(piece.html))
  return { text: cleanText(text).trim(), html: piece.html }
}

function pieceOf(node: TextNode): Piece {
  if (node.isAttachment) return { text: null, html: null }
  if (node.children.length > 0) {
    const pieces = node.children.map(pieceOf)
    return node.contentType === 'multipart/alternative' ? lastOfEach(pieces) : oneAfterAnother(pieces)
  }
  if (node.textContent === undefined || node.textContent.trim() === '') return { text: null, html: null }
  return node.contentType === 'text/html'
    ? { text: null, html: node.textContent }
    : { text: node.textContent, html: null }
}

function lastOfEach(pieces: Piece[]): Piece {
  return {
    text: pieces.findLast((piece) => piece.text !== null)?.text ?? null,
    html: pieces.findLast((piece) => piece.html !== null)?.html ?? null,
  }
}

function oneAfterAnother(pieces: Piece[]): Piece {
  const filled = pieces.filter((piece) => piece.text !== null || piece.html !== null)
  if (filled.length <= 1) return filled[0] ?? { text: null, html: null }
  const anyHtml = filled.some((piece) => piece.html !== null)
  return {
    text: filled.map((piece) => (piece.text ?? textOfHtml(piece.html ?? '')).trim()).join('\n\n'),
    html: anyHtml ? filled.map((piece) => piece.html ?? htmlOfText(piece.text ?? '')).join('\n') : null,
  }
}
