/** Which day the address names: `#/report/sol-12`, `#/report/2026-11-20`; today without one. */

export type Asked = { readonly sol: number } | { readonly date: string } | Record<string, never>

/** The day of an address; what is no day is today. */
export function askedIn(hash: string): Asked {
  const [, name = ''] = /^#\/report\/([^/?]*)/.exec(hash) ?? []
  const [, sol] = /^sol-(\d{1,6})$/.exec(name) ?? []
  if (sol !== undefined) return { sol: Number(sol) }
  return /^\d{4}-\d{2}-\d{2}$/.test(name) ? { date: name } : {}
}

/** The address of a day by its key. */
export function hashOf(key: string): string {
  return `#/report/${key}`
}

const DAY = 86_400_000

/** The key of a day some days further on; undefined before the first sol. */
export function beside(key: string, days: number): string | undefined {
  const [, sol] = /^sol-(\d+)$/.exec(key) ?? []
  if (sol !== undefined) return Number(sol) + days < 1 ? undefined : `sol-${Number(sol) + days}`
  return new Date(Date.parse(key) + days * DAY).toISOString().slice(0, 10)
}
