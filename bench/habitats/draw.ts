/** A picture of what was said before and what came: panels of bands and lines over hours, as SVG. */

export interface Series {
  readonly title: string
  readonly unit: string
  /** Hours of the day (beyond 24 on the next), and what came. */
  readonly hours: readonly number[]
  readonly came: readonly number[]
  /** What was said so many hours before. */
  readonly said: readonly {
    readonly lead: number
    readonly hours: readonly number[]
    readonly low: readonly number[]
    readonly middle: readonly number[]
    readonly high: readonly number[]
  }[]
}

const WIDTH = 960
const HEIGHT = 220
const LEFT = 64
const BOTTOM = 28
const TOP = 26
/** Farthest lead first: the nearer lies over it. */
const colours = ['#8fb8de', '#2f6f9f']

export function draw(heading: string, series: readonly Series[]): string {
  const height = 40 + series.length * HEIGHT
  const panels = series.map((one, i) => `<g transform="translate(0 ${40 + i * HEIGHT})">${panel(one)}</g>`)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
<text x="${LEFT}" y="24" font-size="16">${heading}</text>
${panels.join('\n')}
</svg>
`
}

function panel({ title, unit, hours, came, said }: Series): string {
  const everything = [...came, ...said.flatMap(({ low, high }) => [...low, ...high])].filter(Number.isFinite)
  const [least, most] = [Math.min(...everything), Math.max(...everything)]
  const [first = 0, last = 24] = [hours[0], hours.at(-1)]
  const x = (hour: number) => (LEFT + ((hour - first) / (last - first)) * (WIDTH - LEFT - 16)).toFixed(1)
  const y = (value: number) =>
    (HEIGHT - BOTTOM - ((value - least) / (most - least || 1)) * (HEIGHT - BOTTOM - TOP)).toFixed(1)
  const line = (at: readonly number[], values: readonly number[]) =>
    at.map((hour, i) => `${x(hour)},${y(values[i] as number)}`).join(' ')
  const bands = said.map(({ lead, hours: at, low, middle, high }, i) => {
    const colour = colours[i] ?? '#555'
    const back = line([...at].reverse(), [...high].reverse())
    return `<polygon points="${line(at, low)} ${back}" fill="${colour}" opacity="0.35"/>
<polyline points="${line(at, middle)}" fill="none" stroke="${colour}" stroke-width="1.5"/>
<text x="${WIDTH - 16 - 220 * (said.length - i)}" y="16" fill="${colour}">said ${lead} h before, 90 % band</text>`
  })
  const ticks = Array.from({ length: 9 }, (_, i) => first + ((last - first) * i) / 8).map(
    (hour) =>
      `<text x="${x(hour)}" y="${HEIGHT - 8}" text-anchor="middle" fill="#555">${String(Math.round(hour) % 24).padStart(2, '0')}:00</text>`,
  )
  const levels = [least, (least + most) / 2, most].map(
    (value) =>
      `<text x="${LEFT - 6}" y="${y(value)}" text-anchor="end" fill="#555">${Number(value.toPrecision(4))}</text>`,
  )
  return `<text x="${LEFT}" y="16">${title}, ${unit}</text>
${bands.join('\n')}
<polyline points="${line(hours, came)}" fill="none" stroke="#111" stroke-width="1.2"/>
${ticks.join('')}${levels.join('')}`
}
