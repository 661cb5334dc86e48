/**
 * The ends of journals that were cut. What a killed gateway had taken and given to nobody has no number that anybody
 * knows; so its gap is one of time: from a device's last reading in that journal, or before it, to its next one, or
 * to the moment when the end of the journal was noticed, which came after it.
 */
import type { Gap } from '../store/types.ts'
import type { Tracker } from './tracker.ts'

/**
 * The gap that a cut journal leaves of a device.
 * @param trackers of all journals
 * @param now by the device's own time, ms
 */
export function tailGap({ journal, state }: Tracker, device: string, trackers: Iterable<Tracker>, now: number): Gap {
  const since = state?.since ?? 0
  const spans = [...trackers].flatMap((other) => {
    const span = other.devices.get(device)
    return span === undefined ? [] : [{ ...span, since: other.state?.since ?? Number.NaN }]
  })
  const lasts = spans.filter((span) => span.since <= since).map((span) => span.last)
  const firsts = spans.filter((span) => span.since > since).map((span) => span.first)
  const to = Math.min(now, ...firsts)
  // where nothing of it is known, the journal's own begin
  const from = lasts.length > 0 ? Math.max(...lasts) : since
  return { journal, device, from: Math.min(from, to), to, reason: 'the gateway ended without notice' }
}
