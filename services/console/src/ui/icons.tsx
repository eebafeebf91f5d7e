/** Line icons on a grid of 16; decoration for readers of the screen, so hidden from readers by ear. */

const PATHS = {
  inbox: 'M2 9.5 3.6 3h8.8L14 9.5V13H2V9.5Zm0 0h3.5l1 1.8h3l1-1.8H14',
  user: 'M8 8a2.6 2.6 0 1 0 0-5.2A2.6 2.6 0 0 0 8 8Zm-5 5.5c.5-2.4 2.4-3.7 5-3.7s4.5 1.3 5 3.7',
  users:
    'M6 7.6A2.3 2.3 0 1 0 6 3a2.3 2.3 0 0 0 0 4.6ZM1.8 13c.4-2.2 2-3.4 4.2-3.4s3.8 1.2 4.2 3.4M10.6 3.2a2.3 2.3 0 0 1 0 4.3M12 9.9c1.2.5 2 1.6 2.3 3.1',
  clock: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12Zm0-9.2V8l2.2 1.6',
  list: 'M5.5 4H14M5.5 8H14M5.5 12H14M2.2 4h.1M2.2 8h.1M2.2 12h.1',
  search: 'm13.5 13.5-3-3M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10Z',
  folder: 'M2 4.2c0-.6.4-1 1-1h3.2l1.5 1.6H13c.6 0 1 .4 1 1V12c0 .6-.4 1-1 1H3c-.6 0-1-.4-1-1V4.200Z',
  check: 'm3 8.5 3.2 3.2L13 4.800',
  bolt: 'M9 1.800 3.500 9H8l-1 5.200L12.500 7H8l1-5.200Z',
  hand: 'M5 8V3.800a1 1 0 0 1 2 0V7.500M7 7V2.900a1 1 0 0 1 2 0V7.500M9 7V3.500a1 1 0 0 1 2 0V8.500M11 8V5.500a1 1 0 0 1 2 0V10c0 2.500-1.700 4.200-4.200 4.200-2 0-3.100-.9-4-2.500L3 8.700c-.5-.9.700-1.800 1.500-1L5.500 9',
  arrow: 'M2.500 8h11m-4-4 4 4-4 4',
  back: 'M13.500 8h-11m4-4-4 4 4 4',
  more: 'M3.500 8h.1M8 8h.1M12.500 8h.1',
  close: 'm3.500 3.500 9 9m0-9-9 9',
  down: 'm4 6 4 4 4-4',
  plus: 'M8 3v10M3 8h10',
  clip: 'm13 7.500-5.300 5.300a3.200 3.200 0 0 1-4.500-4.500l5.700-5.700a2.100 2.100 0 0 1 3 3l-5.600 5.600a1 1 0 0 1-1.500-1.500L10 4.600',
  gear: 'M8 10.200a2.200 2.200 0 1 0 0-4.400 2.200 2.200 0 0 0 0 4.400ZM8 1.800v1.600m0 9.200v1.600M1.800 8h1.600m9.200 0h1.600M3.600 3.600l1.200 1.200m6.400 6.400 1.200 1.200m0-8.800-1.200 1.200M4.800 11.200l-1.200 1.200',
  chart: 'M2.500 13.500h11M4.500 11V8M8 11V3.500M11.500 11V6',
  menu: 'M2.500 4.500h11m-11 3.500h11m-11 3.500h11',
  key: 'M9.500 9.500a3.500 3.500 0 1 0-3-3L2 11v3h3v-2h2v-2l.5-.5m3-4.500h.1',
  mail: 'M2 4h12v8.500H2V4Zm0 .5 6 4.500 6-4.500',
  history: 'M2.500 8a5.500 5.500 0 1 0 1.700-4L2.500 5.500m0-3v3h3M8 5v3.200l2 1.300',
  bell: 'M4 7a4 4 0 1 1 8 0c0 3 1.300 4 1.300 4H2.700S4 10 4 7Zm2.700 6.500c.3.500.8.700 1.300.700s1-.2 1.300-.7',
  grip: 'M6 3.500h.1M6 8h.1M6 12.500h.1M10 3.500h.1M10 8h.1M10 12.500h.1',
  alert: 'M8 2 1.800 13h12.400L8 2Zm0 4.500v3m0 1.900h.1',
  download: 'M8 2v8m-3-3 3 3 3-3M2.500 13.500h11',
  help: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM6.200 6.300c.1-1 .9-1.600 1.900-1.600s1.800.7 1.800 1.600c0 1.300-1.900 1.400-1.900 2.700M8 11.300h.1',
  out: 'M6.500 2.500h-3v11h3M10.500 5l3 3-3 3m3-3h-7',
} as const

export type IconName = keyof typeof PATHS

/** Arrows point the other way where text runs from right to left. */
const DIRECTED: readonly IconName[] = ['arrow', 'back', 'out']

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      className={DIRECTED.includes(name) ? 'icon icon-directed' : 'icon'}
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth={name === 'more' || name === 'grip' ? 2.2 : 1.5}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  )
}
