import { describe, expect, it } from 'vitest'
import { languageOf } from './language.ts'

describe('the language of a text', () => {
  it.each([
    ['en', 'Hello, the pump that you sent is broken. Please help, thanks.'],
    ['de', 'Hallo, die Pumpe ist kaputt und ich kann sie nicht benutzen. Bitte helfen Sie.'],
    ['fr', 'Bonjour, la pompe ne marche pas et je suis très déçu. Merci de votre aide.'],
    ['es', 'Hola, la bomba no funciona y tengo una pregunta. Gracias por su ayuda.'],
    ['pt', 'Olá, a bomba não funciona e tenho uma pergunta. Obrigado pela ajuda.'],
    ['nl', 'Hallo, de pomp is kapot en ik kan het niet maken. Bedankt voor uw hulp.'],
    ['it', 'Buongiorno, la pompa non funziona e ho una domanda. Grazie per il vostro aiuto.'],
    ['pl', 'Dzień dobry, pompa nie działa i nie wiem, czy to jest moja wina. Dziękuję.'],
    ['sv', 'Hej, pumpen fungerar inte och jag vet inte varför det är så. Tack.'],
    ['ru', 'Здравствуйте, насос не работает.'],
    ['uk', 'Добрий день, насос не працює, її треба замінити.'],
    ['ar', 'مرحبا، المضخة لا تعمل'],
    ['ja', 'こんにちは、ポンプが動きません。'],
    ['zh', '您好，我的水泵坏了，请帮忙。'],
    ['ko', '안녕하세요, 펌프가 작동하지 않습니다.'],
    ['el', 'Καλημέρα, η αντλία δεν λειτουργεί.'],
  ])('is %s', (language, text) => {
    expect(languageOf(text)).toBe(language)
  })

  it.each(['', 'Order 4711', 'ok', '12345 !!!'])('is not guessed from %j', (text) => {
    expect(languageOf(text)).toBeNull()
  })
})
