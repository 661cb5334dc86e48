/** One agent of the library by itself, everything that it asks for within reach: to check it and to describe it. */
import type { Model } from '../../engine/model.ts'
import { ownToModel } from '../own.ts'
import { currencies } from './currencies.ts'

const PORTS = ['food', 'water', 'grey', 'sewage', 'waste', 'nutrients', 'co2_tank', 'h2_tank', 'power', 'light']

/** A model in which the agent is the one called `one`. @param id of an agent of the library */
export function alone(id: string): Model {
  const everything = Object.fromEntries(Object.entries(currencies).map(([one, { unit }]) => [one, `1000 ${unit}`]))
  const connect = { air: 'room', other_air: 'other', sun: 'source', grid: 'source', fuel: 'source' }
  return ownToModel({
    duration: '1 d',
    connect: { ...Object.fromEntries(PORTS.map((port) => [port, 'store'])), ...connect },
    agents: {
      one: { use: id },
      room: { use: 'room' },
      other: { use: 'room' },
      store: { capacity: everything },
      outside: { use: 'outside' },
      source: { use: 'source' },
    },
  })
}
