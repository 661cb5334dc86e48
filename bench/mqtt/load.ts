/**
 * A load of MQTT 3.1.1 on raw sockets, in a process of its own: so many publishers, so many subscribers to what they
 * publish, as fast as the broker lets them or at a rate. Prints one line of JSON.
 *
 *   node bench/mqtt/load.ts '{"port": 1883, "pubs": 1, "subs": 1, "qos": 1, …}'
 */
import { connect, type Socket } from 'node:net'

export interface Load {
  readonly port: number
  readonly pubs: number
  readonly subs: number
  readonly qos: 0 | 1
  /** Bytes of payload. */
  readonly size: number
  /** s that are measured, after those to warm up. */
  readonly seconds: number
  readonly warm: number
  /** Messages a second in all; left out, as many as go. */
  readonly rate?: number
  readonly topic: string
  /** Where they have to log in. */
  readonly login?: { readonly publisher: string; readonly subscriber: string; readonly secret: string }
}

export interface Measured {
  /** Messages a second into the broker and out of it. */
  readonly in: number
  readonly out: number
  /** Share of the time that this process was on a processor: near 1 it was the bottleneck, not the broker. */
  readonly busy: number
  /** From publishing to arrival, µs; with a rate only. */
  readonly p50?: number
  readonly p99?: number
}

/** Messages that no subscriber has yet, and QoS 1 messages of one publisher that are not acknowledged. */
const WINDOW = 2_000
const UNACKNOWLEDGED = 100
const BATCH = 32

class Subscriber {
  received = 0
  acknowledged = 0
  #rest: Buffer = Buffer.alloc(0)
  readonly #socket: Socket
  readonly #arrived: (payload: Buffer, at: number) => void

  constructor(socket: Socket, arrived: (payload: Buffer, at: number) => void) {
    this.#socket = socket
    this.#arrived = arrived
  }

  /** Counts what comes, and acknowledges it. */
  take(chunk: Buffer): void {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk
    const acks: number[] = []
    let at = 0
    while (bytes.length - at > 1) {
      let length = bytes[at + 1] as number
      let header = 2
      if (length > 127) {
        length = (length & 127) | ((bytes[at + 2] ?? 0) << 7)
        header = 3
      }
      const end = at + header + length
      if (end > bytes.length) break
      const first = bytes[at] as number
      if (first >> 4 === 3) {
        const name = at + header + 2 + bytes.readUInt16BE(at + header)
        const qos = (first >> 1) & 3
        if (qos > 0) acks.push(bytes[name] as number, bytes[name + 1] as number)
        this.received++
        this.#arrived(bytes, qos > 0 ? name + 2 : name)
      } else if (first >> 4 === 4) this.acknowledged++
      at = end
    }
    this.#rest = at < bytes.length ? Buffer.from(bytes.subarray(at)) : none
    if (acks.length === 0) return
    const out = Buffer.allocUnsafe(acks.length * 2)
    for (let i = 0; i < acks.length; i += 2) {
      out[2 * i] = 0x40
      out[2 * i + 1] = 2
      out[2 * i + 2] = acks[i] as number
      out[2 * i + 3] = acks[i + 1] as number
    }
    this.#socket.write(out)
  }
}

const none = Buffer.alloc(0)

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes])
}

function packet(first: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const length = body.length < 128 ? [body.length] : [(body.length & 127) | 128, body.length >> 7]
  return Buffer.concat([Buffer.from([first, ...length]), body])
}

/** A connection that has been let in. */
async function join(load: Load, id: string, user: string | undefined): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port: load.port, noDelay: true })
  const flags = user === undefined ? 2 : 0xc2
  const login = user === undefined ? [] : [text(user), text(load.login?.secret ?? '')]
  socket.write(packet(0x10, text('MQTT'), Buffer.from([4, flags, 0, 0]), text(id), ...login))
  const answer = await next(socket)
  if (answer[0] !== 0x20 || answer[3] !== 0) throw new Error(`not let in: ${answer.toString('hex')}`)
  return socket
}

function next(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    socket.once('data', resolve)
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('closed')))
  })
}

async function run(load: Load): Promise<Measured> {
  const { pubs, subs, qos, size, rate } = load
  const late: number[] = []
  let measuring = false
  let delivered = 0
  let sent = 0
  const arrived = (bytes: Buffer, at: number) => {
    delivered++
    if (rate !== undefined && measuring) late.push((performance.now() - bytes.readDoubleBE(at)) * 1_000)
  }
  for (let i = 0; i < subs; i++) {
    const socket = await join(load, `sub-${process.pid}-${i}`, load.login?.subscriber)
    socket.write(packet(0x82, Buffer.from([0, 1]), text(load.topic), Buffer.from([qos])))
    const answer = await next(socket)
    if (answer[0] !== 0x90 || (answer[4] as number) > 2) throw new Error(`not subscribed: ${answer.toString('hex')}`)
    const subscriber = new Subscriber(socket, arrived)
    socket.on('data', (chunk) => {
      subscriber.take(chunk)
      pump()
    })
    socket.on('close', lost)
  }

  const template = packet(0x30 | (qos << 1), text(load.topic), Buffer.alloc(qos > 0 ? 2 : 0), Buffer.alloc(size, 'x'))
  const id = template.length - size - 2
  const publishers: { socket: Socket; sent: number; reader: Subscriber }[] = []
  for (let i = 0; i < pubs; i++) {
    const socket = await join(load, `pub-${process.pid}-${i}`, load.login?.publisher)
    const publisher = { socket, sent: 0, reader: new Subscriber(socket, arrived) }
    socket.on('data', (chunk) => {
      publisher.reader.take(chunk)
      pump()
    })
    socket.on('close', lost)
    publishers.push(publisher)
  }
  let turn = 0
  let ended = false

  function lost(): void {
    if (!ended) throw new Error('the broker has closed a connection')
  }

  function send(count: number, publisher: (typeof publishers)[number]): void {
    const out = Buffer.allocUnsafe(count * template.length)
    for (let i = 0; i < count; i++) {
      const from = i * template.length
      out.set(template, from)
      if (qos > 0) out.writeUInt16BE(((publisher.sent + i) % 60_000) + 1, from + id)
      if (rate !== undefined) out.writeDoubleBE(performance.now(), from + template.length - size)
    }
    publisher.socket.write(out)
    publisher.sent += count
    sent += count
  }

  /** Sends what the windows let through, from one publisher after the other. */
  function pump(): void {
    if (rate !== undefined || ended || publishers.length < pubs) return
    for (let idle = 0; idle < pubs; ) {
      const publisher = publishers[turn++ % pubs] as (typeof publishers)[number]
      const room = Math.min(
        pubs > 1 ? 4 : BATCH,
        WINDOW - (sent - delivered / Math.max(1, subs)),
        qos > 0 ? UNACKNOWLEDGED - (publisher.sent - publisher.reader.acknowledged) : WINDOW,
      )
      if (room < 1 || publisher.socket.writableLength > 65_536) idle++
      else {
        send(Math.floor(room), publisher)
        idle = 0
      }
    }
  }

  const began = performance.now()
  const pace = () => {
    if (ended || rate === undefined) return
    const due = Math.floor(((performance.now() - began) / 1_000) * rate) - sent
    for (let i = 0; i < due; i++) send(1, publishers[turn++ % pubs] as (typeof publishers)[number])
    setImmediate(pace)
  }
  pace()
  pump()
  await sleep(load.warm)
  measuring = true
  const [from, at, cpu] = [{ sent, delivered }, performance.now(), process.cpuUsage()]
  await sleep(load.seconds)
  const seconds = (performance.now() - at) / 1_000
  const { user, system } = process.cpuUsage(cpu)
  ended = true
  const figures = {
    in: (sent - from.sent) / seconds,
    out: (delivered - from.delivered) / seconds,
    busy: (user + system) / 1e6 / seconds,
  }
  late.sort((a, b) => a - b)
  const quantile = (q: number) => late[Math.floor(q * (late.length - 1))] ?? 0
  return rate === undefined ? figures : { ...figures, p50: quantile(0.5), p99: quantile(0.99) }
}

function sleep(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
}

if (import.meta.main) {
  const measured = await run(JSON.parse(process.argv[2] as string) as Load)
  process.stdout.write(`${JSON.stringify(measured)}\n`)
  process.exit(0)
}
