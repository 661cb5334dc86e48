/** The alert tones, by WebAudio: no files. A browser lets nothing sound before the page was touched once. */
import type { Level } from '@habtwin/contract/alert'
import { effect, signal } from '@preact/signals'
import { sounding } from '../model/alerts.ts'
import { type Tone, tones } from '../model/tones.ts'
import { habitat } from '../state.ts'
import { keptChoice } from './storage.ts'

/** What the viewer wants. */
export const wanted = keptChoice('sound', ['unset', 'on', 'off'], 'unset')

/** True once the browser lets the page sound. */
export const unlocked = signal(false)

let audio: AudioContext | undefined

async function unlock(): Promise<void> {
  try {
    audio ??= new AudioContext()
    await audio.resume()
    unlocked.value = audio.state === 'running'
  } catch {
    // A machine without sound: the button goes on saying that it is off.
    unlocked.value = false
  }
}

/** Plays a level's tone once. */
function play(level: Level): void {
  sound(tones[level])
}

/** Plays a tone once, where the viewer wants sound. */
export function ring(tone: Tone): void {
  if (wanted.value === 'on') sound(tone)
}

function sound({ notes, wave, gain }: Tone): void {
  if (audio?.state !== 'running') return
  const start = audio.currentTime + 0.02
  for (const note of notes) {
    const oscillator = audio.createOscillator()
    const volume = audio.createGain()
    oscillator.type = wave
    oscillator.frequency.value = note.pitch
    const [from, to] = [start + note.at, start + note.at + note.length]
    volume.gain.setValueAtTime(0, from)
    volume.gain.linearRampToValueAtTime(gain, from + 0.015)
    volume.gain.setValueAtTime(gain, to - 0.03)
    volume.gain.linearRampToValueAtTime(0, to)
    oscillator.connect(volume).connect(audio.destination)
    oscillator.start(from)
    oscillator.stop(to)
  }
}

/** The button: on sounds a short example, so that one knows that it works. */
export async function toggleSound(): Promise<void> {
  if (wanted.value === 'on' && unlocked.value) {
    wanted.value = 'off'
    return
  }
  wanted.value = 'on'
  await unlock()
  play('advisory')
}

/** Sounds the worst alert that nobody has acknowledged, again and again as its level asks. */
export function startSound(): void {
  if (wanted.value === 'on') {
    const first = () => void unlock()
    addEventListener('pointerdown', first, { once: true })
    addEventListener('keydown', first, { once: true })
  }
  let timer: ReturnType<typeof setInterval> | undefined
  let sounded: Level | undefined
  effect(() => {
    const level = wanted.value === 'on' && unlocked.value ? sounding(habitat.value.alerts.values()) : undefined
    if (level === sounded) return
    sounded = level
    clearInterval(timer)
    if (level === undefined) return
    play(level)
    if (tones[level].repeat > 0) timer = setInterval(() => play(level), tones[level].repeat)
  })
}
