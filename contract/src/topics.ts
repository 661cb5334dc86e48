/** Every topic that habtwin speaks on, made and taken apart in one place. */

/** The topics below `hab/{habitat}/`. Relative topics are what the journal keeps. */
export const topic = {
  /** What one has to know of the habitat to show it, retained. */
  about: 'about',
  status: (node: string) => `status/${node}`,
  info: (device: string) => `device/${device}/info`,
  reading: (device: string) => `device/${device}/reading`,
  late: (device: string) => `device/${device}/late`,
  health: (device: string) => `device/${device}/health`,
  journal: (journal: string) => `journal/${journal}`,
  mark: (consumer: string, journal: string) => `mark/${consumer}/${journal}`,
  resend: (consumer: string, journal: string) => `resend/${consumer}/${journal}`,
  clock: (node: string, boot: string) => `clock/${node}/${boot}`,
  estimate: (zone: string, quantity: string) => `twin/estimate/${zone}/${quantity}`,
  forecast: (zone: string, quantity: string) => `twin/forecast/${zone}/${quantity}`,
  score: 'twin/score',
  /** What the twin goes by: parameters, assumptions, readings it did not believe. */
  model: 'twin/model',
  /** How long limits are off. */
  outlook: 'twin/outlook',
  alert: (id: string) => `alert/${id}`,
  event: (id: string) => `event/${id}`,
  command: (device: string, point: string) => `command/${device}/${point}`,
  result: (device: string, id: string) => `result/${device}/${id}`,
  /** How a writable point stands, retained. */
  control: (device: string, point: string) => `control/${device}/${point}`,
  /** A command from afar that waits for a crew member, retained. */
  confirm: (id: string) => `confirm/${id}`,
  /** The real-time words of crew and mission control to each other. */
  safety: (id: string) => `safety/${id}`,
  /** How a bridge stands, retained. */
  link: (bridge: string) => `link/${bridge}`,
  /** How much of each device has crossed it, retained at home. */
  linkDevices: (bridge: string) => `link/${bridge}/devices`,
  /** The head of a gateway's audit log, retained. */
  audit: (node: string) => `audit/${node}`,
  /** Many messages as one, between a bridge and a habtwin at its far end. */
  bundle: (bridge: string) => `bundle/${bridge}`,
  /** A receiver's word that another node said to be this habitat. */
  refused: (node: string) => `refused/${node}`,
  /** Who is connected to the broker of a node, retained. */
  clients: (node: string) => `clients/${node}`,
  public: (zone: string, point: string) => `public/${zone}/${point}`,
} as const

/** The full topic on the wire. */
export function wire(habitat: string, relative: string): string {
  return `hab/${habitat}/${relative}`
}

/** The relative topic, or undefined where the topic is not this habitat's. */
export function relative(habitat: string, full: string): string | undefined {
  const prefix = `hab/${habitat}/`
  return full.startsWith(prefix) ? full.slice(prefix.length) : undefined
}

/** The device of a `device/{device}/{what}` topic (relative), or undefined. */
export function deviceOf(relativeTopic: string, what: 'info' | 'reading' | 'late' | 'health'): string | undefined {
  if (!relativeTopic.startsWith('device/') || !relativeTopic.endsWith(`/${what}`)) return undefined
  const device = relativeTopic.slice(7, -what.length - 1)
  return device.length > 0 && !device.includes('/') ? device : undefined
}

/** A client may not speak without being asked: the largest packet that the broker takes from anyone, bytes. */
export const MAX_PACKET = 262_144
