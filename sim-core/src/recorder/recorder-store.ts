/** The store as a recorder sees it: what it commits to, and of which stores it goes on in place of damaged ones. */
import type { Store } from '../store/index.ts'
import type { Lineage } from './lineage.ts'
import type { RecorderStore } from './recorder.ts'

/** @param lineage of the same folder */
export function recorderStore(store: Store, lineage: Lineage): RecorderStore {
  return {
    get id() {
      return store.id
    },
    get replaces() {
      return lineage.before(store.id)
    },
    commit: (batch) => store.commit(batch),
    marks: () => store.marks(),
    infoAt: (device, t) => store.infoAt(device, t),
    devices: () => store.devices(),
    completeness: () => store.completeness(),
    held: () => store.held(),
    readHeld: (id) => store.readHeld(id),
    corrections: () => store.corrections(),
    latest: (prefix) => store.latest(prefix),
  }
}
