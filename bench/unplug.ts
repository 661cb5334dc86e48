/**
 * Serial adapters that are pulled out and plugged in at random moments: mhz19, pms5003, sds011, text and Modbus RTU, on
 * sockets and, where socat is there, on ptys; in real time, under the gateway's own scheduler and drivers.
 *
 *   npm run -s bench -- --json unplug --times 1000
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@habtwin/runtime/clock'
import { missing } from '../test/support/servers.ts'
import { unplugLines } from '../test/support/unplug.ts'
import type { Bench, BenchOptions, Outcome } from './support/bench.ts'
import { quantile } from './support/statistics.ts'

/** Lines side by side, a quarter of them ptys. */
const LINES = 20
/** Unpluggings in all, where nobody says. */
const TIMES = 100
/** ms */
const BACK = 5_000

export const unplug: Bench = { name: 'unplug', gate: true, run: measure }

async function measure({ times = TIMES }: BenchOptions): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'habtwin-unplug-'))
  const ptys = missing('socat') === false ? LINES / 4 : 0
  let crashes = 0
  const crashed = () => {
    crashes++
  }
  process.on('uncaughtException', crashed)
  process.on('unhandledRejection', crashed)
  try {
    const rounds = Math.ceil(times / LINES)
    const result = await unplugLines({
      clock: systemClock,
      lines: LINES,
      times: rounds,
      seed: 20_261_121,
      ptys: { count: ptys, folder },
    })
    const { back, handles, resources, reasons, ...counts } = result
    const most = Math.max(...back)
    const leaks = Math.max(0, handles.after - handles.before, resources.after - resources.before)
    return {
      figures: {
        ...counts,
        lines: LINES,
        ptys,
        back_p50_ms: Math.round(quantile(back, 0.5)),
        back_p99_ms: Math.round(quantile(back, 0.99)),
        back_most_ms: Math.round(most),
        crashes,
        open_files_before: handles.before,
        open_files_after: handles.after,
        resources_before: resources.before,
        resources_after: resources.after,
        reasons: Object.fromEntries(reasons.map((reason, i) => [`${i + 1}`, reason])),
      },
      pass: most <= BACK && crashes === 0 && counts.wrong === 0 && leaks === 0,
    }
  } finally {
    process.off('uncaughtException', crashed)
    process.off('unhandledRejection', crashed)
    await rm(folder, { recursive: true })
  }
}
