/** Where the focus goes when what had it is gone from the page. */
import type { RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

/**
 * An element that takes the focus when it appears and nothing else has it: so who goes by keyboard is not thrown back
 * to the head of the page. Give it `tabIndex={-1}`.
 */
export function useFocusWhenLost<T extends HTMLElement>(): RefObject<T | null> {
  const ref = useRef<T>(null)
  useEffect(() => {
    if (document.activeElement === null || document.activeElement === document.body) {
      ref.current?.focus({ preventScroll: true })
    }
  }, [])
  return ref
}
