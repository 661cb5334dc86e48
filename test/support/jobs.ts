/** Jobs by HTTP, as anybody submits and watches them. */
import assert from 'node:assert/strict'
import type { Job } from '@habtwin/contract'
import { until } from './until.ts'

export class Client {
  readonly #panel: string

  constructor(panel: string) {
    this.#panel = panel
  }

  async submit(request: object): Promise<string> {
    const body = JSON.stringify(request)
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`http://${this.#panel}/api/jobs`, { method: 'POST', body, headers })
    assert.equal(answer.status, 202)
    return ((await answer.json()) as Job).id
  }

  /** How a job stands; undefined while sim is away. */
  async job(id: string): Promise<Job | undefined> {
    const answer = await fetch(`http://${this.#panel}/api/jobs/${id}`).catch(() => undefined)
    return answer?.ok ? ((await answer.json()) as Job) : undefined
  }

  async until(id: string, what: string, holds: (job: Job) => boolean): Promise<void> {
    await until(async () => {
      const job = await this.job(id)
      return job !== undefined && holds(job)
    }, what)
  }

  async events(id: string): Promise<string> {
    return (await fetch(`http://${this.#panel}/api/jobs/${id}/events`)).text()
  }

  async csv(id: string): Promise<string> {
    return (await fetch(`http://${this.#panel}/api/jobs/${id}/results?format=csv`)).text()
  }
}
