/** Limits as lines across a chart, each with its name at the left end. */
import type uPlot from 'uplot'
import type { Scale } from '../model/format.ts'
import type { Limit } from '../model/limits.ts'

/** @param ink the colour or font of a name */
export function drawLimits(u: uPlot, limits: readonly Limit[], unit: Scale, ink: (name: string) => string): void {
  const { ctx, bbox } = u
  const ratio = devicePixelRatio
  ctx.save()
  ctx.lineWidth = ratio
  ctx.font = `${12 * ratio}px ${ink('font')}`
  ctx.textAlign = 'left'
  for (const { level, label, value } of limits) {
    const y = u.valToPos(unit.of(value), 'y', true)
    if (y < bbox.top || y > bbox.top + bbox.height) continue
    ctx.strokeStyle = ink(level)
    ctx.fillStyle = ink(level)
    ctx.beginPath()
    ctx.moveTo(bbox.left, y)
    ctx.lineTo(bbox.left + bbox.width, y)
    ctx.stroke()
    ctx.fillText(label, bbox.left + 6 * ratio, y - 5 * ratio)
  }
  ctx.restore()
}
