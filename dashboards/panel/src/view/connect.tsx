/** How one joins in: listen by one line in a terminal, add an instrument by a few lines of YAML. */
import { useState } from 'preact/hooks'
import type { About } from '../model/about.ts'
import { Glyph } from './icons.tsx'

function Copyable({ text, name, testid }: { text: string; name: string; testid: string }) {
  const [copied, setCopied] = useState<'yes' | 'no'>()
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      setCopied('yes')
    } catch {
      // Browsers give the clipboard to secure pages only; the text can still be selected.
      setCopied('no')
    }
    setTimeout(() => setCopied(undefined), 2_500)
  }
  return (
    <div class="copyable">
      <section aria-label={name}>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways, which needs the keyboard's focus */}
        <pre data-testid={testid} tabIndex={0}>
          {text}
        </pre>
      </section>
      <button type="button" aria-label={`Copy ${name}`} onClick={() => void copy()}>
        <Glyph of="copy" />
        <span aria-live="polite">{copied === 'yes' ? 'Copied' : copied === 'no' ? 'Select it by hand' : 'Copy'}</span>
      </button>
    </div>
  )
}

function yaml(about: About): string {
  const zone = Object.keys(about.zones)[0] ?? 'crew'
  return `buses:
  my-bus: { driver: modbus-tcp, host: 192.168.7.20 }
devices:
  my-air:
    zone: ${zone}
    driver: modbus-tcp
    bus: my-bus
    every: 10 s
    registers:
      co2: { function: holding, address: 0, type: u16 }`
}

export function Connect({ about }: { about: About }) {
  const { host, port } = about.mqtt
  const listen = `mosquitto_sub -h ${host} -p ${port} -t 'hab/${about.habitat.id}/device/+/reading' -v`
  return (
    <div class="pair">
      <section class="card" aria-labelledby="listen-title">
        <h2 id="listen-title">Listen along</h2>
        <p>Every reading is plain MQTT and JSON. Paste this into a terminal:</p>
        <Copyable text={listen} name="the command" testid="subscribe" />
        <p class="quiet">
          The same by REST: <a href="api/devices">api/devices</a>, all of it described in{' '}
          <a href="api/docs">api/docs</a>.
        </p>
      </section>
      <section class="card" aria-labelledby="add-title">
        <h2 id="add-title">Add your sensor</h2>
        <p>
          A Modbus instrument needs no programming. Put its registers into <code>habtwin.yaml</code>, then run{' '}
          <code>npx habtwin check habtwin.yaml</code>:
        </p>
        <Copyable text={yaml(about)} name="the configuration" testid="add-sensor" />
        <p class="quiet">
          Recordings, and instruments that need a driver of their own: <code>docs/adding-a-sensor.md</code>.
        </p>
      </section>
    </div>
  )
}
