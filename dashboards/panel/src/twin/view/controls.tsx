/** The controls of a zone: each is as it is until somebody changes it, and can be put back. */
import { zones } from '../../state.ts'
import { type Control, durations, minutesWords, starts, type Wish } from '../model/changes.ts'
import { controls, wish, wishes } from '../store.ts'

const label = (zone: string) => zones.value.get(zone)?.label ?? zone

function change(control: Control, value: Wish['value']): void {
  const known = wishes.peek().get(control.key)
  wish(control.key, { after: 0, ...known, value })
}

interface ChoiceProps {
  readonly control: Control
  readonly of: readonly (readonly [value: Wish['value'], label: string])[]
  readonly value: Wish['value'] | undefined
}

function Choice({ control, of, value }: ChoiceProps) {
  const all = [[undefined, 'As it is'] as const, ...of]
  return (
    <span class="tw-choice">
      {all.map(([one, words]) => (
        <button
          key={words}
          type="button"
          aria-pressed={one === value}
          data-value={one === undefined ? 'as-is' : String(one)}
          onClick={() => (one === undefined ? wish(control.key, undefined) : change(control, one))}
        >
          {words}
        </button>
      ))}
    </span>
  )
}

interface SliderProps {
  readonly control: Control
  readonly name: string
  readonly value: number
  readonly range: readonly [min: number, max: number, step: number]
  readonly words: string
  readonly onValue: (value: number) => void
}

function Slider({ control, name, value, range: [min, max, step], words, onValue }: SliderProps) {
  return (
    <span class="tw-slider">
      <input
        type="range"
        name={control.key}
        aria-label={name}
        aria-valuetext={words}
        min={min}
        max={max}
        step={step}
        value={value}
        onInput={({ currentTarget }) => onValue(Number(currentTarget.value))}
      />
      <output>{words}</output>
    </span>
  )
}

function Crew({ control, of }: { control: Control & { what: 'crew' }; of: Wish | undefined }) {
  const add = Number(of?.value ?? 0)
  const set = (next: number) => (next === 0 ? wish(control.key, undefined) : change(control, next))
  const { people } = control
  const words = add === 0 ? 'as it is' : `${Math.abs(add)} ${add > 0 ? 'more' : 'fewer'}`
  return (
    <span class="tw-step">
      <button
        type="button"
        aria-label={`One person fewer in ${label(control.zone)}`}
        disabled={add <= -Math.max(1, people)}
        data-step="-1"
        onClick={() => set(add - 1)}
      >
        −
      </button>
      <output aria-live="polite">{words}</output>
      <button
        type="button"
        aria-label={`One person more in ${label(control.zone)}`}
        disabled={add >= 20}
        data-step="1"
        onClick={() => set(add + 1)}
      >
        +
      </button>
    </span>
  )
}

function Flow({ control, of }: { control: Control & { what: 'blower' | 'valve' }; of: Wish | undefined }) {
  const flow = of === undefined ? undefined : Number(of.value)
  const isOn = flow !== undefined && flow > 0
  const on: readonly [number, string] = [isOn ? flow : control.flow, control.what === 'valve' ? 'Open' : 'On']
  const off: readonly (readonly [number, string])[] = control.what === 'blower' ? [[0, 'Off']] : []
  return (
    <>
      <Choice control={control} of={[...off, on]} value={flow} />
      {isOn && (
        <Slider
          control={control}
          name={`${titles[control.what]}, flow`}
          value={flow}
          range={[5, control.most, 5]}
          words={`${flow} m³/h`}
          onValue={(value) => change(control, value)}
        />
      )}
    </>
  )
}

function Lamps({ control, of }: { control: Control; of: Wish | undefined }) {
  const factor = of === undefined ? 1 : Number(of.value)
  const by = Math.round((factor - 1) * 100)
  const words = by === 0 ? 'as planned' : factor === 0 ? 'dark' : `${by > 0 ? '+' : '−'}${Math.abs(by)} %`
  return (
    <Slider
      control={control}
      name="Lamps, share of what is planned"
      value={factor}
      range={[0, 1.5, 0.1]}
      words={words}
      onValue={(value) => (value === 1 ? wish(control.key, undefined) : change(control, value))}
    />
  )
}

function Body({ control, of }: { control: Control; of: Wish | undefined }) {
  switch (control.what) {
    case 'crew':
      return <Crew control={control} of={of} />
    case 'scrubber':
      return (
        <Choice
          control={control}
          of={[
            ['off', 'Off'],
            ['on', 'On'],
            ['auto', 'Auto'],
          ]}
          value={of?.value}
        />
      )
    case 'lamps':
      return <Lamps control={control} of={of} />
    case 'blower':
    case 'valve':
      return <Flow control={control} of={of} />
    case 'hatch':
      return <Choice control={control} of={[[true, 'Open']]} value={of?.value} />
  }
}

const titles: Readonly<Record<Control['what'], string>> = {
  crew: 'People',
  scrubber: 'CO₂ scrubber',
  lamps: 'Lamps',
  blower: 'Blower',
  valve: 'Valve to the outside',
  hatch: 'Hatch',
}

function titleOf(control: Control): string {
  if (control.what !== 'hatch') return titles[control.what]
  return control.to === undefined ? 'Hatch to the outside' : `Door to ${label(control.to)}`
}

function Timing({ control, of }: { control: Control; of: Wish }) {
  const title = titleOf(control)
  return (
    <span class="tw-timing">
      <select
        aria-label={`${title}: from when`}
        value={of.after}
        onChange={({ currentTarget }) => wish(control.key, { ...of, after: Number(currentTarget.value) })}
      >
        {starts.map((after) => (
          <option key={after} value={after}>
            {after === 0 ? 'from now' : `in ${minutesWords(after)}`}
          </option>
        ))}
      </select>
      <select
        aria-label={`${title}: for how long`}
        value={of.minutes ?? ''}
        onChange={({ currentTarget: { value } }) =>
          wish(control.key, { ...of, minutes: value === '' ? undefined : Number(value) })
        }
      >
        {durations.map((minutes) => (
          <option key={minutes ?? ''} value={minutes ?? ''}>
            {minutes === undefined ? 'for good' : `for ${minutesWords(minutes)}`}
          </option>
        ))}
      </select>
    </span>
  )
}

function ControlRow({ control }: { control: Control }) {
  const of = wishes.value.get(control.key)
  return (
    <fieldset class={of === undefined ? 'tw-control' : 'tw-control changed'} data-control={control.key}>
      <legend>{titleOf(control)}</legend>
      <Body control={control} of={of} />
      {of !== undefined && <Timing control={control} of={of} />}
    </fieldset>
  )
}

export function Controls() {
  return (
    <>
      {[...controls.value].map(([zone, all]) => (
        <section key={zone} class="tw-zone" aria-label={`Changes in ${label(zone)}`}>
          <h4>{label(zone)}</h4>
          {all.map((control) => (
            <ControlRow key={control.key} control={control} />
          ))}
        </section>
      ))}
    </>
  )
}
