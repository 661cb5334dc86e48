/** How good the forecasts have been, and what they go by. */
import { useEffect } from 'preact/hooks'
import { habitat } from '../../state.ts'
import { asking, follow } from '../link/said.ts'
import { Frame } from './frame.tsx'
import { Model } from './model.tsx'
import { ScoreSection } from './scores.tsx'

export function TwinPage() {
  useEffect(follow, [])
  const { scores, twinModel } = habitat.value
  return (
    <Frame
      title="Forecasts"
      about="Each forecast is compared with what came, when its time has come. Below that, what the twin goes by."
      testid="twin-page"
    >
      {asking.value === 'failed' && (
        <p class="card" role="alert">
          The twin cannot be asked now; trying again.
        </p>
      )}
      <ScoreSection scores={scores} isAsking={asking.value === 'asking'} />
      <Model of={twinModel} isAsking={asking.value === 'asking'} />
    </Frame>
  )
}
