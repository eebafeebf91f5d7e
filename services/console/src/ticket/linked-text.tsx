import { linked } from './links.ts'

/** What somebody wrote, with its addresses to be pressed; they run left to right in every text. */
export function LinkedText({ children }: { children: string }) {
  return linked(children).map(({ text, link }, at) =>
    link ? (
      <a key={at} href={text} dir="ltr" target="_blank" rel="noopener noreferrer nofollow">
        {text}
      </a>
    ) : (
      text
    ),
  )
}
