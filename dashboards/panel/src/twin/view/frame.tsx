/** What the pages about the twin have in common: their head, which takes the focus, and the window's title. */
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { connection } from '../../state.ts'

interface FrameProps {
  readonly title: string
  readonly about: string
  readonly testid: string
  readonly children: ComponentChildren
}

export function Frame({ title, about, testid, children }: FrameProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    const before = document.title
    document.title = `${title} · ${before}`
    heading.current?.focus({ preventScroll: true })
    return () => {
      document.title = before
    }
  }, [title])
  return (
    <div class="tw" data-testid={testid} data-offline={connection.value === 'offline'}>
      <div>
        <h2 ref={heading} tabIndex={-1}>
          {title}
        </h2>
        <p class="quiet">{about}</p>
      </div>
      {children}
    </div>
  )
}
