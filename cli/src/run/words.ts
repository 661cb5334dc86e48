/** Figures as people read them. */

/** 1,234,567 */
export const whole = (value: number): string => Math.round(value).toLocaleString('en')

/** Four digits where they say something: 126,833; 19.17; 0.004212. */
export function figure(value: number): string {
  if (Math.abs(value) >= 1000) return whole(value)
  return Number(value.toPrecision(4)).toLocaleString('en', { maximumSignificantDigits: 4 })
}

/** 5.3 MB */
export function bytes(count: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB']
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, count)) / 3)))
  return `${Number((count / 1000 ** power).toPrecision(power === 0 ? 12 : 2)).toLocaleString('en')} ${units[power]}`
}

/** Simulated time: `45 days 17 h`, `3 h 30 min`. */
export function span(hours: number): string {
  const minutes = Math.round(hours * 60)
  const parts = [
    [Math.floor(minutes / 1440), minutes >= 2880 ? 'days' : 'day'],
    [Math.floor((minutes % 1440) / 60), 'h'],
    [minutes % 60, 'min'],
  ] as const
  const said = parts.flatMap(([count, unit]) => (count > 0 ? `${whole(count)} ${unit}` : []))
  return said.join(' ') || '0 h'
}

/** Time on the clock: `0.8 s`, `2 min 5 s`. */
export function seconds(time: number): string {
  if (time < 60) return `${time < 10 ? Number(time.toPrecision(2)) : Math.round(time)} s`
  const all = Math.round(time)
  const [hours, rest] = [Math.floor(all / 3600), all % 3600]
  return hours > 0 ? `${whole(hours)} h ${Math.round(rest / 60)} min` : `${Math.floor(rest / 60)} min ${rest % 60} s`
}
