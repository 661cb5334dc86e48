/** Local time of a place, by the machine's own tables. */
const HOUR = 3_600_000
const QUARTER = HOUR / 4
/** Quarters of an hour that are remembered: a local time is looked up a day before and after as well. */
const KNOWN = 500

/**
 * How far a zone is ahead of UTC at a moment, ms. Asks Intl once a quarter of an hour: it is slow, and no zone has
 * ever changed in the middle of one.
 * @param timezone IANA name, as `America/Phoenix`
 */
export function zoneOffset(timezone: string): (t: number) => number {
  if (timezone === 'UTC') return () => 0
  const format = new Intl.DateTimeFormat('en', { timeZone: timezone, timeZoneName: 'longOffset' })
  const known = new Map<number, number>()
  return (t) => {
    const quarter = Math.floor(t / QUARTER)
    let offset = known.get(quarter)
    if (offset === undefined) {
      const name = format.formatToParts(t).find(({ type }) => type === 'timeZoneName')?.value ?? ''
      const [, sign, hours, minutes, seconds = '0'] = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(name) ?? []
      const ahead = Number(hours) * HOUR + Number(minutes) * 60_000 + Number(seconds) * 1_000
      offset = sign === undefined ? 0 : sign === '-' ? -ahead : ahead
      if (known.size >= KNOWN) known.clear()
      known.set(quarter, offset)
    }
    return offset
  }
}

/**
 * The moment at which a clock on the wall shows a local time. A time that the clock shows twice (in autumn) is the
 * first that comes after `previous`; one that it skips (in spring) is taken as if it had not been put forward.
 * @param local ms, as if the local time were UTC
 * @param previous ms since the epoch
 */
export function fromLocal(local: number, offsetAt: (t: number) => number, previous: number): number {
  const before = local - offsetAt(local - 24 * HOUR)
  const after = local - offsetAt(local + 24 * HOUR)
  const right = [before, after].filter((t) => t + offsetAt(t) === local).sort((a, b) => a - b)
  return right.find((t) => t > previous) ?? right.at(-1) ?? before
}
