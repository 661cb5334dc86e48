/**
 * Keeps the page's state true: a snapshot by REST at the start and after each reconnection, MQTT between,
 * and REST every few seconds for as long as MQTT is away.
 */
import type { Outlook } from '@habtwin/contract/twin'
import { batch } from '@preact/signals'
import type { About, Alerts, Completeness, Device, Nested, Snapshot } from '../model/about.ts'
import { reanchor } from '../model/clock.ts'
import { isSlow, type LinkChange, linkAfter } from '../model/connection.ts'
import { devicesOf } from '../model/figure.ts'
import { apply, fromSnapshot, type Message } from '../model/habitat.ts'
import { remember, type Sample, TREND_SPAN } from '../model/trend.ts'
import * as state from '../state.ts'
import { startLive } from './live.ts'
import { get, Problem } from './rest.ts'

const DAY = 86_400_000

function note(change: LinkChange): void {
  state.link.value = linkAfter(state.link.value, change, Date.now())
}

/** A part of the snapshot that may be missing (the twin warms up) without the rest being wrong. */
async function optional<T>(path: string, otherwise: T): Promise<T> {
  try {
    return await get<T>(path)
  } catch (error) {
    if (error instanceof Problem && error.status !== 0) return otherwise
    throw error
  }
}

async function snapshot(): Promise<Snapshot & { completeness: readonly Completeness[] }> {
  const about = await get<About>('api/about')
  const since = about.now - 7 * DAY
  const [devices, alerts, estimates, forecasts, outlook, completeness] = await Promise.all([
    get<Device[]>('api/devices'),
    optional<Alerts>(`api/alerts?from=${Math.round(since)}`, { active: [], history: [] }),
    optional<Nested<never>>('api/twin/estimate', {}),
    optional<Nested<never>>('api/twin/forecast', {}),
    // The live line has it retained; before the twin has said anything there is nothing to ask for.
    isSlow(state.link.value, Date.now()) ? optional<Outlook | undefined>('api/twin/outlook', undefined) : undefined,
    optional<Completeness[]>('api/completeness', []),
  ])
  return { about, devices, alerts, estimates, forecasts, outlook, completeness }
}

/** Asks for everything and puts it in place. Never throws: a failure is what `connection` shows. */
export async function refresh(): Promise<boolean> {
  try {
    const { about, completeness, ...rest } = await snapshot()
    const wall = Date.now()
    batch(() => {
      state.about.value = about
      state.anchor.value = { now: about.now, wall, pace: about.pace }
      state.habitat.value = fromSnapshot(state.habitat.value, rest, wall)
      state.history.value = rest.alerts.history
      state.completeness.value = completeness
      state.loginNeeded.value = false
      note({ rest: true })
    })
    return true
  } catch (error) {
    if (error instanceof Problem && error.needsLogin) state.loginNeeded.value = true
    note({ rest: error instanceof Problem && error.needsLogin })
    return false
  }
}

function rememberFigures(): void {
  const recent = new Map(state.recent.value)
  for (const zone of state.zones.value.keys()) {
    for (const quantity of state.quantities) {
      const { standing, value, t } = state.figure(zone, quantity)
      if (value === null || t === null || (standing !== 'good' && standing !== 'late')) continue
      const key = `${zone}/${quantity}`
      recent.set(key, remember(recent.get(key) ?? [], { t, value }))
    }
  }
  state.recent.value = recent
}

function onMessages(messages: readonly Message[]): void {
  batch(() => {
    state.habitat.value = messages.reduce(apply, state.habitat.value)
    const wall = Date.now()
    for (const { topic } of messages) {
      const device = topic.endsWith('/reading') ? topic.split('/')[1] : undefined
      const reading = device === undefined ? undefined : state.habitat.value.readings.get(device)?.reading
      if (reading) state.anchor.value = reanchor(state.anchor.value, reading.t, wall)
    }
    state.wall.value = wall
    rememberFigures()
  })
}

/** The arrows' last quarter of an hour from the store, so that they are there at once. Best effort. */
async function recall(): Promise<void> {
  const to = Math.round(state.now.value)
  const wanted = [...state.zones.value.keys()].flatMap((zone) =>
    state.quantities.flatMap((point) => {
      const device = devicesOf(state.habitat.value, { zone, quantity: point })[0]
      return device === undefined ? [] : [{ zone, point, device }]
    }),
  )
  for (const { zone, point, device } of wanted) {
    const query = { device, point, from: to - TREND_SPAN, to, every: 60_000 }
    const past = await optional(
      `api/history?${new URLSearchParams(Object.entries(query).map(([k, v]) => [k, `${v}`]))}`,
      {
        t: [] as number[],
        value: [] as (number | null)[],
      },
    )
    const samples = past.t.flatMap((t, i): Sample[] => {
      const value = past.value[i]
      return typeof value === 'number' ? [{ t, value }] : []
    })
    const key = `${zone}/${point}`
    const newest = samples.at(-1)?.t ?? 0
    const since = (state.recent.value.get(key) ?? []).filter((sample) => sample.t > newest)
    state.recent.value = new Map(state.recent.value).set(key, [...samples, ...since])
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Runs for as long as the page is open. */
export async function startSync(): Promise<never> {
  setInterval(() => {
    state.wall.value = Date.now()
  }, 1_000)
  // The first answer; a crew may open the page before the machine is up.
  while (!(await refresh())) await wait(state.loginNeeded.value ? 3_000 : 1_000 + Math.random() * 2_000)
  const id = state.about.value?.habitat.id ?? ''
  let wake = () => {}
  await startLive({
    habitat: id,
    onMessages,
    onLine: (up) => {
      const was = state.link.value.live
      note({ live: up })
      // What changed while the line was away is asked for: a cleared alert sends nothing twice.
      if (up !== was) wake()
    },
  })
  recall().catch(() => {
    // The arrows then come with the next readings.
  })
  for (;;) {
    await Promise.race([
      wait(state.link.value.live ? 30_000 : 4_000 + Math.random() * 2_000),
      new Promise<void>((resolve) => {
        wake = resolve
      }),
    ])
    await refresh()
  }
}
