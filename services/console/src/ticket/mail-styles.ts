/**
 * The markup with its inline styles under another name. A browser tells of every style that the page's policy
 * refuses, also of those that are only parsed; under this name they wait until a script applies them. What the
 * API gives has been written anew by a sanitizer, so that `>` stands in no attribute.
 */
export const stylesAside = (html: string): string =>
  html.replace(/<[a-z][^>]*>/gi, (tag) =>
    tag.replace(/\sdata-style="[^"]*"/gi, '').replace(/\sstyle=(?=")/gi, ' data-style='),
  )
