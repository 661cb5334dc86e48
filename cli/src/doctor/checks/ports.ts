/** TCP ports that habtwin listens on, and whoever has them. */
import { type Check, note, ok, stop } from '../check.ts'
import { told } from '../machine.ts'

const USUAL = { mqtt: 1883, websocket: 8083, panel: 8080, gateway: 8090 }

export const ports: Check = {
  title: 'Ports',
  look({ machine, config, running }) {
    const wanted =
      config === undefined
        ? Object.entries(USUAL).map(([name, port]) => ({ name, host: '127.0.0.1', port }))
        : [
            { name: 'mqtt', ...config.broker.mqtt },
            ...(config.broker.tls ? [{ name: 'tls', ...config.broker.tls }] : []),
            { name: 'websocket', ...config.broker.websocket },
            { name: 'panel', ...config.http.panel },
            { name: 'gateway', ...config.http.gateway },
          ]
    const free: string[] = []
    const found = wanted.flatMap(({ name, host, port }) => {
      const at = `${host}:${port === 0 ? 'any' : port} (${name})`
      // 0 takes any that is free
      const { taken, by } = port === 0 ? { taken: false, by: [] } : machine.listeners(port)
      if (!taken) {
        if (port < 1_024 && port > 0 && machine.user.uid !== 0) {
          return [note(`${at} may be for root alone`, 'take a port above 1023')]
        }
        free.push(at)
        return []
      }
      const who = by.length === 0 ? 'a program of another user' : told(by)
      if (by.length > 0 && by.every(({ pid }) => running.pids.includes(pid))) return [ok(`${at} is held by ${who}`)]
      const key = ['mqtt', 'tls', 'websocket'].includes(name) ? `broker.${name}` : `http.${name}`
      return [stop(`${at} is taken by ${who}`, `end it, or give ${key} another port`)]
    })
    return [...(free.length === 0 ? [] : [ok(`free: ${free.join(', ')}`)]), ...found]
  },
}
