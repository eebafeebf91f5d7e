// The page that the service worker shows when nobody can be reached. It stands alone: nothing else is loaded.
const TEXTS = {
  pt: [
    'Você está offline',
    'Não é possível acessar o Onus. Seus rascunhos ficam guardados neste dispositivo, e esta página recarrega sozinha quando a conexão voltar.',
    'Tentar novamente',
  ],
  nl: [
    'U bent offline',
    'Onus is niet bereikbaar. Uw concepten blijven op dit apparaat bewaard en deze pagina laadt vanzelf opnieuw zodra de verbinding terug is.',
    'Opnieuw proberen',
  ],
  ru: [
    'Нет подключения',
    'Onus недоступен. Черновики сохранены на этом устройстве, страница обновится сама, когда связь восстановится.',
    'Повторить',
  ],
  fr: [
    'Vous êtes hors ligne',
    'Onus est injoignable. Vos brouillons sont conservés sur cet appareil et cette page se recharge d’elle-même au retour de la connexion.',
    'Réessayer',
  ],
  ar: [
    'لا يوجد اتصال',
    'تعذر الوصول إلى Onus. مسوداتك محفوظة على هذا الجهاز، وسيُعاد تحميل هذه الصفحة تلقائيًا عند عودة الاتصال.',
    'إعادة المحاولة',
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
document.getElementById('again').addEventListener('click', () => location.reload())
addEventListener('online', () => location.reload())
setInterval(async () => {
  const answer = await fetch('/api/v1/health', { cache: 'no-store' }).catch(() => null)
  if (answer?.ok) location.reload()
}, 5000)
