export { Evidence } from './evidence.ts'
export { HouseClock } from './house.ts'
export { thisMachine } from './machine.ts'
export { Stamper } from './stamper.ts'
