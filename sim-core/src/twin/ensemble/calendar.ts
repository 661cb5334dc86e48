/** Local hours of the day. */
const HOUR = 3_600_000
const DAY = 24 * HOUR

/** @param timezone IANA name; Intl is asked once a quarter of an hour, since it is slow */
export function localHours(timezone: string): (t: number) => number {
  const format = new Intl.DateTimeFormat('en', {
    timeZone: timezone,
    hour: 'numeric',
    minute: 'numeric',
    hourCycle: 'h23',
  })
  let quarter = Number.NaN
  let offset = 0
  return (t) => {
    const now = Math.floor((4 * t) / HOUR)
    if (now !== quarter) {
      quarter = now
      const parts = format.formatToParts(t)
      const part = (type: string) => Number(parts.find((one) => one.type === type)?.value)
      offset = (part('hour') * 60 + part('minute')) * 60_000 - ((Math.floor(t / 60_000) * 60_000) % DAY)
    }
    return ((((t + offset) % DAY) + DAY) % DAY) / HOUR
  }
}
