import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { test } from 'node:test'
import { MAX_PACKET } from '@habtwin/contract'
import { WebSocket } from 'ws'
import { HttpServer } from './server.ts'
import { habitat } from './support.ts'

interface Broker extends AsyncDisposable {
  readonly server: Server
  readonly sockets: Set<Socket>
}

/** Reads the line that says who it is, and no further. */
async function announced(socket: Socket): Promise<void> {
  let line = ''
  while (!line.endsWith('\n')) {
    const byte: Buffer | null = socket.read(1)
    if (byte === null) await once(socket, 'readable')
    else line += byte
  }
}

/** A socket where the broker would listen; what is done with a connection is the test's. */
async function broker(path: string, connected: (socket: Socket) => void): Promise<Broker> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    announced(socket).then(
      () => connected(socket),
      () => undefined,
    )
  })
  server.listen(path)
  await once(server, 'listening')
  return {
    server,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

function open(server: HttpServer, headers: Record<string, string> = {}, path = '/mqtt'): WebSocket {
  return new WebSocket(`ws://${server.address}${path}`, ['mqtt'], { headers })
}

/** The HTTP status by which an upgrade was refused. */
async function refused(ws: WebSocket): Promise<number> {
  const [, answer] = await once(ws, 'unexpected-response')
  ws.on('error', () => undefined)
  ws.terminate()
  return answer.statusCode
}

test('bytes go through both ways, unchanged', async () => {
  using made = habitat()
  const { options } = made
  await using _broker = await broker(options.panelSocket, (socket) => socket.pipe(socket))
  await using server = await HttpServer.start(options)
  const ws = open(server)
  await once(ws, 'open')
  assert.equal(ws.protocol, 'mqtt')
  const sent = Buffer.from(Array.from({ length: 200_000 }, (_, i) => i % 251))
  const back: Buffer[] = []
  const whole = new Promise<void>((resolve) => {
    ws.on('message', (data: Buffer) => {
      back.push(data)
      if (Buffer.concat(back).length >= sent.length) resolve()
    })
  })
  ws.send(sent.subarray(0, 100_000))
  ws.send(sent.subarray(100_000))
  await whole
  assert.ok(Buffer.concat(back).equals(sent))
  assert.equal(server.panels, 1)
  ws.close()
  await once(ws, 'close')
})

test('when the page goes, its connection to the broker goes too', async () => {
  using made = habitat()
  const { options } = made
  const there = Promise.withResolvers<Socket>()
  await using _broker = await broker(options.panelSocket, there.resolve)
  await using server = await HttpServer.start(options)
  const ws = open(server)
  await once(ws, 'open')
  const socket = await there.promise
  ws.terminate()
  socket.resume()
  await once(socket, 'close')
})

test('while the gateway is away a page is told to try again later', async () => {
  using made = habitat()
  const { options } = made
  await using server = await HttpServer.start(options)
  const [code] = await once(open(server), 'close')
  assert.equal(code, 1013)
})

test('when the gateway goes, the page is told to try again later', async () => {
  using made = habitat()
  const { options } = made
  const there = Promise.withResolvers<Socket>()
  await using _broker = await broker(options.panelSocket, there.resolve)
  await using server = await HttpServer.start(options)
  const ws = open(server)
  await once(ws, 'open')
  const socket = await there.promise
  socket.end('goodbye')
  const [data] = await once(ws, 'message')
  assert.equal(String(data), 'goodbye')
  const [code] = await once(ws, 'close')
  assert.equal(code, 1013)
})

test('a broker that does not take what a page sends makes the page wait instead of filling memory', async () => {
  using made = habitat()
  const { options } = made
  const there = Promise.withResolvers<Socket>()
  await using _broker = await broker(options.panelSocket, (socket) => there.resolve(socket.pause()))
  await using server = await HttpServer.start(options)
  const ws = open(server)
  await once(ws, 'open')
  const socket = await there.promise
  const part = Buffer.alloc(65_536)
  const parts = 200
  for (let i = 0; i < parts; i++) ws.send(part)
  // the network's own buffers hold some of it; the rest stays with the page
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve))
  assert.ok(ws.bufferedAmount > 0)
  let received = 0
  const all = new Promise<void>((resolve) => {
    socket.on('data', (data: Buffer) => {
      received += data.length
      if (received === parts * part.length) resolve()
    })
  })
  socket.resume()
  await all
  ws.terminate()
})

test('a message larger than the broker takes is refused at the door', async () => {
  using made = habitat()
  const { options } = made
  await using _broker = await broker(options.panelSocket, (socket) => socket.resume())
  await using server = await HttpServer.start(options)
  const ws = open(server)
  await once(ws, 'open')
  ws.send(Buffer.alloc(MAX_PACKET + 1))
  const [code] = await once(ws, 'close')
  assert.equal(code, 1009)
})

test('foreign pages, foreign names and other paths are refused', async () => {
  using made = habitat()
  const { options } = made
  await using _broker = await broker(options.panelSocket, (socket) => socket.resume())
  await using server = await HttpServer.start(options)
  assert.equal(await refused(open(server, { origin: 'http://evil.example' })), 403)
  assert.equal(await refused(open(server, { origin: `http://127.0.0.1:${server.port + 1}` })), 403)
  assert.equal(await refused(open(server, { host: 'evil.example' })), 403)
  assert.equal(await refused(open(server, {}, '/elsewhere')), 404)
  const ws = open(server, { origin: `http://127.0.0.1:${server.port}` })
  await once(ws, 'open')
  ws.terminate()
})

test('more pages than there is room for are told so', async () => {
  using made = habitat()
  const { options } = made
  await using _broker = await broker(options.panelSocket, (socket) => socket.resume())
  await using server = await HttpServer.start(options)
  const pages = Array.from({ length: 64 }, () => open(server))
  await Promise.all(pages.map((ws) => once(ws, 'open')))
  assert.equal(await refused(open(server)), 503)
  for (const ws of pages) ws.terminate()
})
