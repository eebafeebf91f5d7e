import { expect, it } from 'vitest'
import { stylesAside } from './mail-styles.ts'

it.each([
  ['<p style="color:red">x</p>', '<p data-style="color:red">x</p>'],
  ['<p title="a" style="color:red" dir="rtl">x</p>', '<p title="a" data-style="color:red" dir="rtl">x</p>'],
  ['<p>a style="b" c</p>', '<p>a style="b" c</p>'],
  ['<p data-style="position:fixed">x</p>', '<p>x</p>'],
  ['<P STYLE="color:red">x</P>', '<P data-style="color:red">x</P>'],
])('%s', (html, expected) => {
  expect(stylesAside(html)).toBe(expected)
})
