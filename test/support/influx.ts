/** Questions to an InfluxDB of a test, in InfluxQL. */

export interface InfluxSeries {
  readonly name: string
  readonly tags?: Readonly<Record<string, string>>
  readonly columns: readonly string[]
  readonly values: readonly (readonly (number | string | null)[])[]
}

/** @throws Error with the server's words */
export async function ask(url: string, database: string, query: string): Promise<InfluxSeries[]> {
  const body = new URLSearchParams({ q: query, db: database, epoch: 'ms' })
  const answer = (await (await fetch(`${url}/query`, { method: 'POST', body })).json()) as {
    error?: string
    results?: { series?: InfluxSeries[]; error?: string }[]
  }
  const [result] = answer.results ?? []
  const wrong = answer.error ?? result?.error
  if (wrong) throw new Error(wrong)
  return result?.series ?? []
}

/** How many points of each field a measurement holds: `{tag's value}/{field}` → count. */
export async function pointCounts(
  url: string,
  database: string,
  measurement: string,
  tag: string,
): Promise<Record<string, number>> {
  const series = await ask(url, database, `SELECT COUNT(*) FROM "${measurement}" GROUP BY "${tag}"`)
  const counts = series.flatMap(({ tags, columns, values }) =>
    columns.flatMap((column, i): [string, number][] =>
      column === 'time' ? [] : [[`${tags?.[tag]}/${column.replace(/^count_/, '')}`, Number(values[0]?.[i] ?? 0)]],
    ),
  )
  return Object.fromEntries(counts.sort())
}
