/** How often a property of random cases is tried. */

/** As often as said with CI set, a fifth of that without; `HABTWIN_RUNS` so many times as often, for who has an hour. */
const times = Number(process.env.HABTWIN_RUNS ?? (process.env.CI ? 1 : 0.2))

/** @param count runs that find what is wrong nearly always, in some seconds at most */
export function runs(count: number): number {
  return Math.max(5, Math.ceil(count * times))
}
