/**
 * The properties of a message of MQTT 5 (section 3.3.2.3): what goes on to those who hear it, what they weigh, and how
 * long it lives.
 */

export interface Properties {
  payloadFormatIndicator?: boolean
  /** Seconds; of what waits, those that are left. */
  messageExpiryInterval?: number
  contentType?: string
  responseTopic?: string
  correlationData?: Buffer
  userProperties?: Readonly<Record<string, string | readonly string[]>>
  /** Of the subscriptions that it is sent for; never from who publishes it [MQTT-3.3.4-6]. */
  subscriptionIdentifier?: number | readonly number[]
}

/** The part of a message that is looked at here. */
export interface Weighed {
  readonly topic: string
  readonly payload: Buffer | string
  readonly qos: number
  readonly properties?: Properties | undefined
}

const passed = ['payloadFormatIndicator', 'messageExpiryInterval', 'contentType', 'responseTopic', 'correlationData', 'userProperties'] as const // biome-ignore format: one line

/**
 * True where every property was read whole, and once: the parser hands on null or -1 for what was cut off, and a list
 * for what stands twice, which no property but that of users may [MQTT-3.3.2-8 and its like].
 */
export function wellFormed(properties: object | undefined): boolean {
  return Object.entries(properties ?? {}).every(([name, value]: [string, unknown]) => {
    switch (typeof value) {
      case 'number':
        return value >= 0
      case 'object':
        return name === 'userProperties'
          ? Object.values(value ?? {}).flat().every((one) => typeof one === 'string') // biome-ignore format: one thought
          : Buffer.isBuffer(value)
      default:
        return value !== undefined
    }
  })
}

/** What goes on of the properties that a message, or a last will, came with. */
export function passedOn(given: object): Properties {
  const from = given as Properties
  const out: Record<string, unknown> = {}
  for (const name of passed) if (from[name] !== undefined) out[name] = from[name]
  // not the whole of what was read with it
  if (from.correlationData) out.correlationData = Buffer.from(from.correlationData)
  return out
}

/** Bytes on the wire. */
export function propertyBytes(properties: Properties | undefined): number {
  if (properties === undefined) return 0
  const { payloadFormatIndicator, messageExpiryInterval, contentType, responseTopic, correlationData } = properties
  let bytes = payloadFormatIndicator === undefined ? 0 : 2
  if (messageExpiryInterval !== undefined) bytes += 5
  for (const text of [contentType, responseTopic]) if (text !== undefined) bytes += 3 + Buffer.byteLength(text)
  if (correlationData !== undefined) bytes += 3 + correlationData.length
  for (const [name, values] of Object.entries(properties.userProperties ?? {}))
    for (const value of [values].flat()) bytes += 5 + Buffer.byteLength(name) + Buffer.byteLength(value)
  for (const id of [properties.subscriptionIdentifier ?? []].flat()) bytes += 1 + lengthBytes(id)
  return bytes
}

/** Bytes of the PUBLISH by which a client of MQTT 5 is sent a message. */
export function publishBytes({ topic, payload, qos, properties }: Weighed): number {
  const own = propertyBytes(properties)
  const body = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length
  const rest = 2 + Buffer.byteLength(topic) + (qos > 0 ? 2 : 0) + lengthBytes(own) + own + body
  return 1 + lengthBytes(rest) + rest
}

/** Bytes of a variable byte integer (1.5.5). */
function lengthBytes(value: number): number {
  return value < 128 ? 1 : value < 16_384 ? 2 : value < 2_097_152 ? 3 : 4
}

/**
 * What is left of the life of a message.
 * @param at when it came, ms
 * @param now of the same clock
 * @returns the properties to send it with; undefined where it is over [MQTT-3.3.2-5]
 */
export function living(properties: Properties | undefined, at: number, now: number): Properties | undefined {
  const seconds = properties?.messageExpiryInterval
  if (seconds === undefined) return properties ?? none
  const left = seconds - (now - at) / 1_000
  return left > 0 ? { ...properties, messageExpiryInterval: Math.ceil(left) } : undefined
}

/** As `living`, and not more. */
export function isOver(properties: Properties | undefined, at: number, now: number): boolean {
  const seconds = properties?.messageExpiryInterval
  return seconds !== undefined && now - at >= seconds * 1_000
}

const none: Properties = Object.freeze({})

/** For the journal. */
export function toJson(properties: Properties): string {
  const { correlationData, ...plain } = properties
  return JSON.stringify(correlationData ? { ...plain, correlationData: correlationData.toString('base64') } : plain)
}

export function fromJson(text: string): Properties {
  const { correlationData, ...plain } = JSON.parse(text) as Properties & { correlationData?: string }
  return correlationData === undefined ? plain : { ...plain, correlationData: Buffer.from(correlationData, 'base64') }
}
