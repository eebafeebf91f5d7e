/**
 * The markup with its inline styles under another name. A browser tells of every style that the page's policy
 * refuses, also of those that are only parsed; under this name they wait until a script applies them. What the
 * API gives has been written anew by a sanitizer, so that `>` stands in no attribute.
 */
export const stylesAside = (html: string): string =>
  html.replace(/<[a-z][^>]*>/gi, (tag) =>
    tag.replace(/\sdata-style="[^"]*"/gi, '').replace(/\sstyle=(?=")/gi, ' data-style='),
  )

/** What a mail may say of its looks: nothing that loads, moves out of its place, or lies over something else. */
const LOOKS =
  /^(?:color|background-color|opacity|direction|unicode-bidi|float|clear|display|(?:min-|max-)?(?:width|height)|(?:font|text|line|letter|word|white-space|overflow-wrap|vertical-align|margin|padding|border|list-style|table-layout|caption-side|empty-cells)(?:-[a-z-]+)?)$/
const CALCULATED = /^(?:rgba?|hsla?|lab|lch|oklab|oklch|hwb|color|calc|min|max|clamp)\(/i

/**
 * The part of an inline style that only changes looks. The browser's own parser reads it, so that what is written
 * with escapes or in odd functions is judged as what it means; the sheet belongs to no page and loads nothing.
 */
export function safeStyle(text: string): string {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync('x{}')
  const rule = sheet.cssRules[0] as CSSStyleRule
  rule.style.cssText = text
  return [...rule.style]
    .map((name) => [name, rule.style.getPropertyValue(name)] as const)
    .filter(([name, value]) => LOOKS.test(name) && loadsNothing(value))
    .map(([name, value]) => `${name}:${value}`)
    .join(';')
}

/** A value without functions but those that calculate: colours and lengths. */
const loadsNothing = (value: string): boolean =>
  [...value.matchAll(/[\w-]*\(/g)].every(([call]) => call === '(' || CALCULATED.test(call))
