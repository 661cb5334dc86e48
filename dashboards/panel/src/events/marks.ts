/** Events on a chart: a thin line each, with its words where there is room for them. */
import type { LoggedEvent } from '@habtwin/contract/event'
import { eventText } from '@habtwin/contract/event-words'
import type uPlot from 'uplot'

export interface Mark {
  readonly id: string
  readonly t: number
  readonly text: string
}

/** Those that concern a zone, as marks: its own, those of a hatch that leads there, and those of nowhere. */
export function marksOf(events: readonly LoggedEvent[], zone: string, label: (zone: string) => string): Mark[] {
  return events
    .filter((event) => event.zone === undefined || event.zone === zone || event.to === zone)
    .map((event) => ({ id: event.id, t: event.t, text: eventText(event, label) }))
}

export interface Placed {
  readonly x: number
  readonly left: number
  /** 0 is the lowest; undefined where there was no room for words. */
  readonly row: number | undefined
  readonly text: string
}

const ROWS = 3
const MOST = 28
const GAP = 10
/** Of the chart's width that one mark's words may take: a phone shows several, if only their beginnings. */
const SHARE = 0.4

/** As many whole words as fit: half a figure would be another figure. */
function cut(whole: string, fits: (text: string) => boolean): string {
  let text = whole
  for (let words = whole.split(' ').length - 1; words > 0 && !fits(text); words--) {
    text = `${whole.split(' ').slice(0, words).join(' ').replace(/[,:]$/, '')}…`
  }
  return text
}

/**
 * Where the words go: to the right of their line, else to its left, in the lowest row that is free. The newest are
 * placed first: where there is no room for all, the older ones are but lines.
 * @param marks in order of time
 * @param right the chart's right edge; all in the same unit
 */
export function place(
  marks: readonly { readonly x: number; readonly text: string }[],
  width: (text: string) => number,
  left: number,
  right: number,
): Placed[] {
  const rows: [from: number, to: number][][] = Array.from({ length: ROWS }, () => [])
  const placed: Placed[] = []
  for (const { x, text: whole } of [...marks].reverse()) {
    const text = cut(whole, (text) => text.length <= MOST && width(text) <= (right - left) * SHARE)
    const wide = width(text) + GAP
    const sides = [x, x - wide].filter((at) => at >= left && at + wide <= right)
    let found: Placed | undefined
    for (const [row, taken] of rows.entries()) {
      const at = sides.find((from) => taken.every(([a, b]) => from + wide <= a || from >= b))
      if (at === undefined) continue
      taken.push([at, at + wide])
      found = { x, left: at, row, text }
      break
    }
    placed.push(found ?? { x, left: x, row: undefined, text })
  }
  return placed.reverse()
}

/** Draws them over a chart, above its time axis. */
export function drawMarks(u: uPlot, marks: readonly Mark[], ink: (name: string) => string): void {
  const { ctx, bbox } = u
  const ratio = devicePixelRatio
  const [left, right, bottom] = [bbox.left, bbox.left + bbox.width, bbox.top + bbox.height]
  const at = marks
    .map(({ t, text }) => ({ x: Math.round(u.valToPos(t, 'x', true)), text }))
    .filter(({ x }) => x >= left && x <= right)
  if (at.length === 0) return
  ctx.save()
  ctx.font = `${12 * ratio}px ${ink('font')}`
  ctx.textAlign = 'left'
  ctx.lineWidth = ratio
  ctx.strokeStyle = ink('ink-3')
  const placed = place(at, (text) => ctx.measureText(text).width, left, right)
  ctx.setLineDash([2 * ratio, 4 * ratio])
  for (const { x } of placed) {
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bottom)
    ctx.stroke()
  }
  ctx.setLineDash([])
  for (const { x, left: from, row, text } of placed) {
    ctx.fillStyle = ink('ink-2')
    ctx.beginPath()
    ctx.moveTo(x - 5 * ratio, bottom)
    ctx.lineTo(x + 5 * ratio, bottom)
    ctx.lineTo(x, bottom - 8 * ratio)
    ctx.fill()
    if (row === undefined) continue
    const y = bottom - (14 + row * 17) * ratio
    // a ground of its own: the words must be read over lines and bands alike
    ctx.globalAlpha = 0.82
    ctx.fillStyle = ink('card')
    ctx.fillRect(from + 2 * ratio, y - 12 * ratio, ctx.measureText(text).width + 6 * ratio, 16 * ratio)
    ctx.globalAlpha = 1
    ctx.fillStyle = ink('ink')
    ctx.fillText(text, from + 5 * ratio, y)
  }
  ctx.restore()
}
