/**
 * The live line: MQTT 3.1.1 over WebSocket on the page's own origin. Messages are handed on in batches, so that
 * a thousand readings a second cost the page ten renderings.
 */
import { relative, wire } from '@habtwin/contract/topics'
import type { MqttClient } from 'mqtt'
import { heardEvent } from '../events/store.ts'
import { heardSafety } from '../mission/store.ts'
import type { Message } from '../model/habitat.ts'

const BATCH = 100

const subscriptions = [
  'device/+/info',
  'device/+/reading',
  'device/+/health',
  'alert/+',
  'control/+/+',
  'event/+',
  'twin/#',
  'status/+',
  'link/+',
  'confirm/+',
  'safety/+',
]

export interface LiveOptions {
  readonly habitat: string
  readonly onMessages: (messages: readonly Message[]) => void
  /** True when subscribed, false when the line is lost. */
  readonly onLine: (up: boolean) => void
}

function parse(payload: Uint8Array): unknown {
  if (payload.length === 0) return undefined
  try {
    return JSON.parse(new TextDecoder().decode(payload))
  } catch {
    // No habtwin sends this; it is shown as nothing rather than as something wrong.
    return null
  }
}

function address(): string {
  const url = new URL('mqtt', document.baseURI)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  return url.href
}

/** Connects, and connects again for ever. The client itself is loaded only now: the page is drawn before it. */
export async function startLive(options: LiveOptions): Promise<MqttClient> {
  const { default: mqtt } = await import('mqtt')
  const client = mqtt.connect(address(), {
    protocolVersion: 4,
    clientId: `panel-${crypto.getRandomValues(new Uint32Array(2)).join('-')}`,
    clean: true,
    keepalive: 20,
    // Spread over two seconds, so that ten tablets do not come back in the same instant.
    reconnectPeriod: 1_500 + Math.random() * 2_000,
    connectTimeout: 8_000,
    // Worker timers need a blob: worker, which a strict content security policy forbids.
    timerVariant: 'native',
  })
  let waiting: Message[] = []
  const flush = () => {
    const batch = waiting
    waiting = []
    options.onMessages(batch)
  }
  client.on('message', (topic, payload) => {
    const short = relative(options.habitat, topic)
    if (short === undefined) return
    if (short.startsWith('event/')) return heardEvent(short, parse(payload))
    if (short.startsWith('safety/')) return heardSafety(parse(payload))
    if (waiting.length === 0) setTimeout(flush, BATCH)
    waiting.push({ topic: short, body: parse(payload), at: Date.now() })
  })
  client.on('connect', () => {
    const topics = subscriptions.map((one) => wire(options.habitat, one))
    client.subscribe(topics, { qos: 1 }, (error) => options.onLine(error === null || error === undefined))
  })
  client.on('close', () => options.onLine(false))
  // Every fault also closes the line, which is what the page shows.
  client.on('error', () => options.onLine(false))
  return client
}
