/** What must never be overlooked: that nothing of this is real, or that it is not now. */
import type { About } from '../model/about.ts'
import { clock, isoDate } from '../model/mission.ts'
import { isRecording } from '../model/recording.ts'
import { finished, habitat, now, timezone } from '../state.ts'

export function Ribbon({ about }: { about: About }) {
  const infos = [...habitat.value.infos.values()]
  const recording = infos.some(isRecording)
  const simulated = about.simulated || infos.some((info) => info.simulated)
  if (!recording && !simulated && about.pace === 1) return null
  const time = `${isoDate(now.value, timezone.value)} ${clock(now.value, timezone.value)}`
  const all = infos.every((info) => info.simulated)
  return (
    <div class="ribbon" data-testid="ribbon" role="note">
      {recording && (
        <strong>
          RECORDING {finished.value ? 'FINISHED' : ''} {isoDate(now.value, timezone.value)}
        </strong>
      )}
      {!recording && simulated && <strong>SIMULATED</strong>}
      {!recording && simulated && (
        <span>
          {all ? 'A virtual habitat: no real instrument, no real crew' : 'Some of these instruments are not real'}
        </span>
      )}
      {recording && finished.value && <span>The figures are its last; nothing more will come</span>}
      {about.pace !== 1 && (
        <span class="pace">
          {!finished.value && `${about.pace === 0 ? 'as fast as it goes' : `×${about.pace}`} · `}habitat time {time}
        </span>
      )}
    </div>
  )
}
