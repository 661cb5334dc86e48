/** What can be changed of a preset, and Run. */
import type { ScenarioEntry } from '@habtwin/contract/scenario'
import { useState } from 'preact/hooks'
import { titled } from '../model/column.ts'
import { changeables, type Draft, emptyDraft, figure, type Knob, keyOf, wordsOf } from '../model/draft.ts'
import { lengthText } from '../model/run.ts'
import { edit, run } from '../store/actions.ts'
import { choose, draft, entry, faults, place, presets, refused, submitting } from '../store/state.ts'
import { useFocusWhenLost } from './focus.ts'

/** What is wrong with a field: what the page sees, else what the server said. */
function wrongOf(field: string): string | undefined {
  return faults.value[field] ?? refused.value[field]
}

function Wrong({ field, id }: { field: string; id: string }) {
  const wrong = wrongOf(field)
  return wrong === undefined ? null : (
    <span class="wrong" id={id} role="alert" data-wrong={field}>
      {wrong}
    </span>
  )
}

function idOf(key: string): string {
  return `field-${key.replaceAll(/[^\w]+/g, '-')}`
}

interface FieldProps {
  readonly field: string
  readonly label: string
  readonly unit?: string
  readonly value: string
  readonly onInput: (text: string) => void
  readonly hint?: string | undefined
  readonly placeholder?: string
  readonly text?: boolean
}

function Field({ field, label, unit = '', value, onInput, hint, placeholder = '', text = false }: FieldProps) {
  const id = idOf(field)
  const isWrong = wrongOf(field) !== undefined
  return (
    <div class="sc-field">
      <label for={id}>{label}</label>
      <span class="sc-input">
        <input
          id={id}
          name={field}
          class={text ? 'sc-text' : ''}
          inputMode={text ? 'text' : 'decimal'}
          autocomplete="off"
          value={value}
          placeholder={placeholder}
          aria-invalid={isWrong}
          aria-describedby={isWrong ? `${id}-wrong` : hint ? `${id}-hint` : undefined}
          onInput={({ currentTarget }) => onInput(currentTarget.value)}
        />
        {unit !== '' && <span class="sc-unit">{unit}</span>}
      </span>
      {hint && !isWrong && (
        <span class="quiet" id={`${id}-hint`}>
          {hint}
        </span>
      )}
      <Wrong field={field} id={`${id}-wrong`} />
    </div>
  )
}

function setValue(key: string, value: string | undefined): void {
  const { [key]: _, ...rest } = draft.peek()?.values ?? {}
  edit({ values: value === undefined ? rest : { ...rest, [key]: value } })
}

/** The slider's ends, widened so that what was typed lies within. */
function Slider({ knob, value, label }: { knob: Knob; value: number; label: string }) {
  const shown = Number.isFinite(value) ? value : knob.value
  return (
    <input
      type="range"
      aria-label={`${label}, slider`}
      min={Math.min(knob.min, shown)}
      max={Math.max(knob.max, shown)}
      step={knob.step}
      value={shown}
      onInput={({ currentTarget }) => setValue(keyOf(knob), currentTarget.value)}
    />
  )
}

function KnobField({ knob, of, slider }: { knob: Knob; of: Draft; slider: boolean }) {
  const key = keyOf(knob)
  const text = of.values[key] ?? String(knob.value)
  const isChanged = figure(text) !== knob.value
  const id = idOf(key)
  const isWrong = wrongOf(key) !== undefined
  return (
    <div class={isChanged ? 'sc-knob changed' : 'sc-knob'} data-knob={key}>
      <label for={id}>{knob.label}</label>
      {isChanged && (
        <button type="button" class="sc-reset" onClick={() => setValue(key, undefined)}>
          back to {knob.value}
          <span class="sc-hidden"> of {knob.label}</span>
        </button>
      )}
      {slider && <Slider knob={knob} value={figure(text)} label={knob.label} />}
      <span class="sc-input">
        <input
          id={id}
          name={key}
          inputMode="decimal"
          autocomplete="off"
          value={text}
          aria-invalid={isWrong}
          aria-describedby={isWrong ? `${id}-wrong` : undefined}
          onInput={({ currentTarget }) => setValue(key, currentTarget.value)}
        />
        {(slider || knob.unit !== '') && <span class="sc-unit">{knob.unit}</span>}
      </span>
      <Wrong field={key} id={`${id}-wrong`} />
    </div>
  )
}

/** All agents that no knob has, by group. */
function More({ of, entry }: { of: Draft; entry: ScenarioEntry }) {
  const [search, setSearch] = useState('')
  const { more } = changeables(entry)
  const group = (knob: Knob) => entry.agents.find(({ id }) => id === knob.agent)?.group ?? ''
  const words = search.toLowerCase()
  const found = more.filter(({ label, agent }) => `${label} ${agent}`.toLowerCase().includes(words))
  const groups = [...new Set(found.map(group))]
  return (
    <details class="sc-more" data-testid="more">
      <summary>More: how many of anything, and from when</summary>
      <Field
        field="fromDay"
        label="Changes hold from day"
        value={of.fromDay}
        onInput={(fromDay) => edit({ fromDay })}
        hint="0: from the beginning"
      />
      <div class="sc-field">
        <label for="more-search">Find a part</label>
        <input
          id="more-search"
          type="search"
          autocomplete="off"
          value={search}
          onInput={({ currentTarget }) => setSearch(currentTarget.value)}
        />
      </div>
      {groups.map((name) => (
        <fieldset key={name} class="sc-group">
          <legend>{titled(name.replaceAll('_', ' '))}</legend>
          {found
            .filter((knob) => group(knob) === name)
            .map((knob) => (
              <KnobField key={keyOf(knob)} knob={knob} of={of} slider={false} />
            ))}
        </fieldset>
      ))}
      {found.length === 0 && <p class="quiet">No part of this preset is called so.</p>}
    </details>
  )
}

function Length({ of, entry }: { of: Draft; entry: ScenarioEntry }) {
  const steps = Math.round((figure(of.days) * 24) / entry.dt)
  const hint = Number.isFinite(steps) ? `${steps.toLocaleString('en-GB')} steps of ${lengthText(entry.dt)}` : undefined
  return <Field field="days" label="Duration" unit="d" value={of.days} onInput={(days) => edit({ days })} hint={hint} />
}

function RunBar({ of, entry }: { of: Draft; entry: ScenarioEntry }) {
  const wrong = Object.keys(faults.value).length > 0
  const words = of.label.trim() === '' ? wordsOf(entry, of) : of.label.trim()
  return (
    <div class="sc-runbar">
      {refused.value[''] && (
        <p class="wrong" role="alert" data-testid="refused">
          {refused.value['']}
        </p>
      )}
      <p class="sc-words" data-testid="words">
        {wrong ? 'Mend what is marked first.' : words}
      </p>
      <button type="submit" class="primary" disabled={wrong || submitting.value} data-testid="run">
        {submitting.value ? 'Sending…' : 'Run'}
      </button>
    </div>
  )
}

function Fields({ of, entry }: { of: Draft; entry: ScenarioEntry }) {
  const heading = useFocusWhenLost<HTMLHeadingElement>()
  const { knobs } = changeables(entry)
  const isChanged = JSON.stringify(of) !== JSON.stringify(emptyDraft(entry))
  return (
    <form
      class="card sc-form"
      aria-labelledby="form-title"
      data-testid="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        void run()
      }}
    >
      <div class="sc-formtop">
        <h3 id="form-title" ref={heading} tabIndex={-1}>
          {entry.label}
        </h3>
        <button type="button" data-testid="other-preset" onClick={() => choose(undefined)}>
          Presets
        </button>
      </div>
      <p class="sc-about">{entry.description}</p>
      <Wrong field="preset" id="preset-wrong" />
      <div class="sc-knobs">
        {knobs.map((knob) => (
          <KnobField key={keyOf(knob)} knob={knob} of={of} slider />
        ))}
      </div>
      <div class="sc-pair">
        <Length of={of} entry={entry} />
        <Field
          field="seed"
          label="Seed"
          value={of.seed}
          onInput={(seed) => edit({ seed })}
          placeholder="preset’s"
          hint="Of what happens by chance"
        />
      </div>
      <Field
        field="seeds"
        label="Seeds, side by side"
        value={of.seeds}
        onInput={(seeds) => edit({ seeds })}
        hint={figure(of.seeds) > 1 ? 'Drawn as a band: 90 of 100 runs lie in it' : 'More than 1 gives a band'}
      />
      <More of={of} entry={entry} />
      <details class="sc-more">
        <summary>Name and project</summary>
        <Field
          field="label"
          label="Name"
          value={of.label}
          onInput={(label) => edit({ label })}
          placeholder={wordsOf(entry, of)}
          text
        />
        <Field
          field="project"
          label="Project"
          value={of.project}
          onInput={(project) => edit({ project })}
          hint="Runs can be found by it"
          text
        />
      </details>
      {isChanged && (
        <button type="button" class="sc-restore" onClick={() => (draft.value = emptyDraft(entry))}>
          Back to the preset
        </button>
      )}
      <RunBar of={of} entry={entry} />
    </form>
  )
}

export function Form() {
  const [of, known] = [draft.value, entry.value]
  if (of !== undefined && known !== undefined && of.preset === place.value.preset)
    return <Fields of={of} entry={known} />
  const { state } = presets.value
  return (
    <section class="card sc-form">
      <p class="empty" role="status">
        {state === 'there'
          ? `There is no preset ${place.value.preset}.`
          : state === 'failed'
            ? 'The presets cannot be fetched now. Trying again.'
            : 'Fetching the preset…'}
      </p>
      {state === 'there' && (
        <button type="button" onClick={() => choose(undefined)}>
          All presets
        </button>
      )}
    </section>
  )
}
