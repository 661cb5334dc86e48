/** Work that goes on for as long as something is shown. */
import { useEffect } from 'preact/hooks'

/** Begins at once, and again each `ms`, while the component that calls this is on the page. */
export function useEvery(ms: number, work: () => unknown): void {
  useEffect(() => {
    work()
    const timer = setInterval(work, ms)
    return () => clearInterval(timer)
  }, [])
}
