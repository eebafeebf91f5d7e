// The page that the service worker shows when nobody can be reached. It stands alone: nothing else is loaded.
const TEXTS = {
  pt: [
    'Você está offline',
    'Não é possível acessar o Onus. Seus rascunhos ficam guardados neste dispositivo, e esta página recarrega sozinha quando a conexão voltar.',
    'Tentar novamente',
    'Rascunhos guardados aqui:',
  ],
  nl: [
    'U bent offline',
    'Onus is niet bereikbaar. Uw concepten blijven op dit apparaat bewaard en deze pagina laadt vanzelf opnieuw zodra de verbinding terug is.',
    'Opnieuw proberen',
    'Hier bewaarde concepten:',
  ],
  ru: [
    'Нет подключения',
    'Onus недоступен. Черновики сохранены на этом устройстве, страница обновится сама, когда связь восстановится.',
    'Повторить',
    'Сохранено черновиков:',
  ],
  fr: [
    'Vous êtes hors ligne',
    'Onus est injoignable. Vos brouillons sont conservés sur cet appareil et cette page se recharge d’elle-même au retour de la connexion.',
    'Réessayer',
    'Brouillons conservés ici :',
  ],
  ar: [
    'لا يوجد اتصال',
    'تعذر الوصول إلى Onus. مسوداتك محفوظة على هذا الجهاز، وسيُعاد تحميل هذه الصفحة تلقائيًا عند عودة الاتصال.',
    'إعادة المحاولة',
    'المسودات المحفوظة هنا:',
  ],
}

let wanted = navigator.language
try {
  wanted = JSON.parse(localStorage.getItem('onus-settings') ?? '{}').locale ?? wanted
} catch {
  // The browser's own language will do.
}
const language = wanted.slice(0, 2).toLowerCase()
const texts = TEXTS[language]
if (texts) {
  document.documentElement.lang = language
  document.documentElement.dir = language === 'ar' ? 'rtl' : 'ltr'
  document.getElementById('title').textContent = texts[0]
  document.getElementById('text').textContent = texts[1]
  document.getElementById('again').textContent = texts[2]
}
sayDrafts(texts?.[3] ?? 'Drafts kept here:')
document.getElementById('again').addEventListener('click', () => location.reload())
addEventListener('online', () => location.reload())
setInterval(async () => {
  const answer = await fetch('/api/v1/health', { cache: 'no-store' }).catch(() => null)
  if (answer?.ok) location.reload()
}, 5000)

/** How many unsent texts wait in this browser; not what they say, since nobody is known to be looking. */
function sayDrafts(words) {
  const opening = indexedDB.open('keyval-store')
  // A browser in which nobody ever wrote has no such store, and gets none from here.
  opening.onupgradeneeded = () => opening.transaction.abort()
  opening.onsuccess = () => {
    const store = opening.result
    if (!store.objectStoreNames.contains('keyval')) return
    const keys = store.transaction('keyval').objectStore('keyval').getAllKeys()
    keys.onsuccess = () => {
      const count = keys.result.filter((key) => String(key).startsWith('draft:')).length
      if (count === 0) return
      const line = document.getElementById('drafts')
      line.textContent = `${words} ${new Intl.NumberFormat(document.documentElement.lang).format(count)}`
      line.hidden = false
    }
  }
}
