/** Which language a text is in, as far as its script and its small words tell. */

const SCRIPTS: readonly [string, RegExp][] = [
  ['ja', /[\p{Script=Hiragana}\p{Script=Katakana}]/gu],
  ['ko', /\p{Script=Hangul}/gu],
  ['zh', /\p{Script=Han}/gu],
  ['ar', /\p{Script=Arabic}/gu],
  ['he', /\p{Script=Hebrew}/gu],
  ['el', /\p{Script=Greek}/gu],
  ['th', /\p{Script=Thai}/gu],
  ['ru', /\p{Script=Cyrillic}/gu],
]
const UKRAINIAN = /[іїєґ]/iu

/** Words that one language has and its neighbours have not, or seldom. */
const WORDS: Record<string, string> = {
  en: 'the and is are was with this that have has not you your for from please my it we can would thanks hello',
  de: 'der die das und ist nicht ich sie mit bitte für ein eine den dem auf haben habe wir mein meine kann danke hallo',
  fr: 'le les et est je vous nous pas une des pour avec mon ma dans ce cette merci bonjour pouvez avez suis ne',
  es: 'el los las y es no una por con para mi que está puede gracias hola tengo pero muy usted ustedes lo',
  pt: 'o os as e não uma por com para meu minha que está você obrigado obrigada olá tenho mas muito pode em um',
  nl: 'de het een en is niet ik u met voor mijn van dat dit kan heb hebben wij alstublieft bedankt hallo naar ook',
  it: 'il gli e è non una per con mio mia che questo può grazie ciao ho sono della nel di buongiorno',
  pl: 'i w nie jest się na z do że proszę mój moja dziękuję mam czy dzień dobry jak to',
  sv: 'och är inte jag det en ett för med min mitt kan tack hej har att vi på som',
}
const LANGUAGES = Object.entries(WORDS).map(
  ([language, words]) => [language, new Set(words.split(' '))] as const,
)

const LOOKED_AT = 2000
const ENOUGH_LETTERS = 8
const ENOUGH_WORDS = 2

/** A BCP 47 language; null when the text does not say enough. */
export function languageOf(text: string): string | null {
  const beginning = text.slice(0, LOOKED_AT).normalize('NFC').toLowerCase()
  for (const [language, script] of SCRIPTS) {
    const letters = beginning.match(script)?.length ?? 0
    if (letters < ENOUGH_LETTERS) continue
    return language === 'ru' && UKRAINIAN.test(beginning) ? 'uk' : language
  }
  const words = beginning.match(/\p{L}+/gu) ?? []
  const counts = LANGUAGES.map(([language, small]) => ({
    language,
    count: words.filter((word) => small.has(word)).length,
  })).sort((a, b) => b.count - a.count)
  const [first, second] = counts
  if (!first || first.count < ENOUGH_WORDS || first.count === second?.count) return null
  return first.language
}
