/** Every zone that the browser knows, and the one that is set: some hundreds. */
export const timeZoneChoices = (zone: string) =>
  [...new Set([zone, 'UTC', ...Intl.supportedValuesOf('timeZone')])].map((value) => ({
    value,
    label: value.replaceAll('_', ' '),
  }))
