/** The thread of `checkpoint.ts`. */
import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { BARRED, type CheckpointData, OPEN } from './checkpoint.ts'

const { path, words } = workerData as CheckpointData

parentPort?.on('message', () => {
  Atomics.store(words, OPEN, 1)
  try {
    if (Atomics.load(words, BARRED) === 0) checkpoint()
  } catch {
    // the disk is full, or the file is damaged: who writes to it finds out, and says so
  } finally {
    Atomics.store(words, OPEN, 0)
    Atomics.notify(words, OPEN)
  }
  parentPort?.postMessage('done')
})

function checkpoint(): void {
  const db = new DatabaseSync(path, { timeout: 1_000 })
  try {
    db.exec('PRAGMA wal_checkpoint(PASSIVE)')
  } finally {
    db.close()
  }
}
