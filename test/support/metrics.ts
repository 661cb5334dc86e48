/** What a process counts, as Prometheus would fetch it. */

/**
 * @param address `host:port` of the gateway's HTTP, or of sim's
 * @returns finds a figure by its name, labels included; 0 where it is not told
 */
export async function metrics(address: string): Promise<(name: string) => number> {
  const text = await (await fetch(`http://${address}/metrics`)).text()
  const figures = new Map<string, number>()
  for (const line of text.split('\n')) {
    const end = line.lastIndexOf(' ')
    if (!line.startsWith('#') && end > 0) figures.set(line.slice(0, end), Number(line.slice(end + 1)))
  }
  return (name) => figures.get(name) ?? 0
}
