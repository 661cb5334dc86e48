/**
 * Bytes as a bad cable makes them, for every parser of frames: noise, frames that only begin as they should, and real
 * ones that were bent, cut, doubled or run into each other. What a parser takes is judged by checks that are written
 * here anew, so that a fault of its own check would show.
 */
import { AnswerSearch, sealed } from '@habtwin/gateway/drivers/modbus/frames'
import { Deframer, type FrameShape } from '@habtwin/gateway/drivers/serial/frames'
import { Lines } from '@habtwin/gateway/drivers/serial/lines'
import { novaFrame } from '@habtwin/gateway/drivers/serial/nova'
import { plantowerFrame } from '@habtwin/gateway/drivers/serial/plantower'
import { lineReader, type TextFormat } from '@habtwin/gateway/drivers/serial/text'
import { winsenFrame } from '@habtwin/gateway/drivers/serial/winsen'
import { type Random, randomOf } from './random.ts'

/** A parser, with all that is needed to try it. */
export interface Target {
  readonly name: string
  /** Frames as the real instrument sends them. */
  readonly corpus: readonly Uint8Array[]
  /** How many bytes of a frame tell a parser that one begins. */
  readonly head: number
  /** One in so many frames of noise holds by chance; undefined where there is no check at all. */
  readonly odds: number | undefined
  /** A fresh parser: bytes in, what it took out. */
  open(): { push(bytes: Uint8Array): Uint8Array[]; readonly spoilt: number }
  /** True where what was taken is whole by the paper of its maker. */
  whole(taken: Uint8Array): boolean
}

export interface Fuzzed {
  readonly [figure: string]: number
  readonly bytes: number
  /** Frames that were sent undamaged. */
  readonly sent: number
  readonly taken: number
  /** Taken, and byte for byte one of the real ones. */
  readonly real: number
  /** Taken, damaged, and their check holds all the same. */
  readonly by_chance: number
  /** Taken though their check does not hold: must be none. */
  readonly invented: number
}

/** @param seed the same bytes each time */
export function fuzz(target: Target, bytes: number, seed: number, kind: 'noise' | 'damage'): Fuzzed {
  const random = randomOf(seed)
  const real = new Set(target.corpus.map((frame) => Buffer.from(frame).toString('latin1')))
  const count = { bytes: 0, sent: 0, taken: 0, real: 0, by_chance: 0, invented: 0, spoilt: 0 }
  const parser = target.open()
  while (count.bytes < bytes) {
    const { piece, intact } = kind === 'noise' ? noise(target, random) : damaged(target, random)
    count.bytes += piece.length
    if (intact) count.sent++
    for (let at = 0; at < piece.length; ) {
      const end = at + 1 + random(24)
      for (const taken of parser.push(piece.subarray(at, end))) {
        count.taken++
        if (!target.whole(taken)) count.invented++
        else if (real.has(Buffer.from(taken).toString('latin1'))) count.real++
        else count.by_chance++
      }
      at = end
    }
  }
  return { ...count, spoilt: parser.spoilt }
}

interface Piece {
  readonly piece: Uint8Array
  readonly intact: boolean
}

/** Noise, half of it behind the head of a frame, so that the check is put to work. */
function noise({ corpus, head }: Target, random: Random): Piece {
  const frame = corpus[random(corpus.length)] as Uint8Array
  const from = random(2) === 0 ? head : 0
  return { piece: Uint8Array.from(frame, (byte, i) => (i < from ? byte : random(256))), intact: false }
}

/** A real frame, one in three as it is, the others as a cable might leave them. */
function damaged({ corpus }: Target, random: Random): Piece {
  const frame = [...(corpus[random(corpus.length)] as Uint8Array)]
  const at = random(frame.length)
  const some = 1 + random(4)
  switch (random(9)) {
    case 0: // bits turned over
      for (let i = 0; i < some; i++) {
        const place = random(frame.length)
        frame[place] = (frame[place] as number) ^ (1 << random(8))
      }
      break
    case 1: // bytes lost
      frame.splice(at, some)
      break
    case 2: // noise in between
      frame.splice(at, 0, ...Array.from({ length: some }, () => random(256)))
      break
    case 3: // cut off, as when it is unplugged
      frame.length = at
      break
    case 4: // a part comes twice
      frame.splice(at, 0, ...frame.slice(Math.max(0, at - some), at))
      break
    case 5: // run into another
      frame.splice(at, frame.length, ...(corpus[random(corpus.length)] as Uint8Array).subarray(at))
      break
    default:
      return { piece: Uint8Array.from(frame), intact: true }
  }
  return { piece: Uint8Array.from(frame), intact: false }
}

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const total = (bytes: Uint8Array) => bytes.reduce((sum, byte) => sum + byte, 0)

/** Frames of serial instruments. */
function frames(name: string, shape: FrameShape, rest: Omit<Target, 'name' | 'open'>): Target {
  return {
    name,
    ...rest,
    open: () => {
      const deframer = new Deframer(shape)
      return {
        push: (bytes) => deframer.push(bytes),
        get spoilt() {
          return deframer.spoilt
        },
      }
    },
  }
}

/** CRC-16 of Modbus by long division, as the paper has it: Modbus over Serial Line V1.02, 6.2.2. */
function modbusCrc(bytes: Uint8Array): number {
  return bytes.reduce((crc, byte) => {
    let next = crc ^ byte
    for (let i = 0; i < 8; i++) next = next % 2 === 1 ? Math.floor(next / 2) ^ 0xa001 : Math.floor(next / 2)
    return next
  }, 0xffff)
}

/** The answer of unit 17 to a question for ten words. */
function modbusAnswer(): Target {
  const request = Buffer.from(sealed(hex('11 03 00 6B 00 0A')))
  const words = Array.from({ length: 20 }, (_, i) => (i * 37) & 0xff)
  return {
    name: 'modbus-rtu',
    corpus: [sealed(Uint8Array.of(0x11, 3, 20, ...words)), sealed(hex('11 83 02'))],
    head: 3,
    odds: 65_536,
    open() {
      let search = new AnswerSearch(request)
      return {
        spoilt: 0,
        push(bytes) {
          const answer = search.push(bytes)
          if (answer === undefined) return []
          search = new AnswerSearch(request)
          return [answer]
        },
      }
    },
    whole(taken) {
      const end = taken.length - 2
      const crc = modbusCrc(taken.subarray(0, end))
      const sound = taken[end] === (crc & 0xff) && taken[end + 1] === crc >> 8
      const fits =
        (taken[1] === 3 && taken[2] === 20 && taken.length === 25) || (taken[1] === 0x83 && taken.length === 5)
      return sound && taken[0] === 0x11 && fits
    },
  }
}

/** Lines of text: what is taken is the line and its figures, as `line|{"co2":812}`. */
function text(name: string, corpus: readonly string[], more: Partial<TextFormat>, odds?: number): Target {
  const format: TextFormat = {
    format: 'pairs',
    separator: ',',
    decimal: '.',
    checksum: 'none',
    keys: ['co2', 't'],
    ...more,
  }
  const figures = lineReader(format)
  return {
    name,
    corpus: corpus.map((line) => Buffer.from(line)),
    head: 4,
    odds,
    open() {
      const lines = new Lines(80)
      return {
        get spoilt() {
          return lines.dropped
        },
        push: (bytes) =>
          lines.push(bytes).flatMap((line) => (figures(line) === undefined ? [] : [Buffer.from(`${line}\r\n`)])),
      }
    },
    whole(taken) {
      const line = Buffer.from(taken).toString().trimEnd()
      const said = figures(line) ?? {}
      const sound = format.checksum === 'none' || nmea(line)
      // every figure must stand on the line in full, and nothing but text may
      const plain = [...line].every((letter) => letter === '\t' || (letter >= ' ' && letter !== '\x7f'))
      return sound && plain && Object.values(said).every((value) => stands(line, value))
    },
  }
}

function nmea(line: string): boolean {
  const [payload = '', check = ''] = line.replace(/^\$/, '').split('*')
  return Number.parseInt(check, 16) === Buffer.from(payload).reduce((all, byte) => all ^ byte, 0)
}

/** True where a figure, or the word that there is none, stands on the line by itself. */
function stands(line: string, value: number | null): boolean {
  if (value === null) return true
  return line.split(/[^0-9.eE+-]+/).some((word) => word !== '' && Number(word) === value)
}

export const targets: readonly Target[] = [
  frames('winsen', winsenFrame, {
    corpus: [hex('FF 86 02 60 47 00 00 00 D1'), hex('FF 86 01 9A 43 00 3A 98 CA'), hex('FF 79 01 00 00 00 00 00 86')],
    head: 2,
    odds: 256,
    whole: (f) => f.length === 9 && f[0] === 0xff && total(f.subarray(1)) % 256 === 0,
  }),
  frames('plantower', plantowerFrame, {
    corpus: [
      hex('42 4D 00 1C 00 05 00 08 00 0B 00 05 00 08 00 0B 03 84 01 04 00 28 00 04 00 01 00 00 97 00 02 2B'),
      hex('42 4D 00 04 E1 00 01 74'),
    ],
    head: 4,
    odds: 65_536,
    whole: (f) =>
      (f.length === 32 || f.length === 8) && (f.at(-2) ?? 0) * 256 + (f.at(-1) ?? 0) === total(f.subarray(0, -2)),
  }),
  frames('nova', novaFrame, {
    corpus: [hex('AA C0 D4 04 3A 0A A1 60 1D AB'), hex('AA C5 02 01 00 00 A1 60 04 AB')],
    head: 2,
    odds: 65_536,
    whole: (f) => f.length === 10 && f[9] === 0xab && total(f.subarray(2, 8)) % 256 === f[8],
  }),
  modbusAnswer(),
  text('text pairs', ['co2=812 t=22.1\r\n', 'co2: 797, t: nan\r\n'], {}),
  text('text csv', ['812,22.1\r\n', '797,-3\r\n'], { format: 'csv', columns: ['co2', 't'] }),
  text('text json', ['{"co2": 812, "t": 22.1}\r\n'], { format: 'json' }),
  text('text regex', ['CO2: 812 ppm, T: 22.1 C\r\n'], {
    format: 'regex',
    pattern: '^CO2: (?<co2>\\d+) ppm, T: (?<t>[\\d.]+) C$',
  }),
  text('text nmea', ['$co2=812 t=22.1*4E\r\n'], { checksum: 'nmea' }, 256),
]

/** How many frames of noise may hold by chance: what the odds of the check say, and room for luck. */
export function chances({ odds, corpus }: Target, { bytes }: Fuzzed): number {
  if (odds === undefined) return Number.POSITIVE_INFINITY
  const shortest = Math.min(...corpus.map(({ length }) => length))
  const expected = bytes / shortest / odds
  return Math.ceil(expected + 5 * Math.sqrt(expected) + 5)
}
