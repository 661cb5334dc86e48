/** The drawing of a module in the pixels that it has: hull, roof, floor, and who and what is inside. */
export type Kind = 'crew' | 'greenhouse' | 'lung'

interface SceneProps {
  readonly kind: Kind
  readonly width: number
  readonly height: number
  readonly crew: number
  readonly lamps: boolean
}

/** Height of the deck and the crawl space below it, px. */
const DECK = 26

function outline(kind: Kind, w: number, h: number, inset: number): string {
  const [l, r, b, t] = [inset, w - inset, h - DECK, inset]
  if (kind === 'greenhouse') {
    // A barrel vault on low walls
    const shoulder = t + Math.min(120, h * 0.3)
    return `M${l} ${b}V${shoulder}C${l} ${t + 30} ${l + w * 0.14} ${t} ${l + w * 0.3} ${t}H${r - w * 0.3}C${r - w * 0.14} ${t} ${r} ${t + 30} ${r} ${shoulder}V${b}Z`
  }
  if (kind === 'lung') {
    // A dome on a short skirt: what holds a weighted membrane
    const skirt = t + h * 0.4
    return `M${l} ${b}V${skirt}C${l} ${t + h * 0.1} ${w * 0.2} ${t} ${w / 2} ${t}S${r} ${t + h * 0.1} ${r} ${skirt}V${b}Z`
  }
  const c = Math.max(8, 40 - inset)
  return `M${l} ${b}V${t + c}Q${l} ${t} ${l + c} ${t}H${r - c}Q${r} ${t} ${r} ${t + c}V${b}Z`
}

function Plant({ x, y, size, sort }: { x: number; y: number; size: number; sort: number }) {
  const s = size / 30
  const leaf = `M0 0C-${12 * s} -${4 * s} -${13 * s} -${14 * s} -${10 * s} -${18 * s}C-${4 * s} -${14 * s} 0 -${8 * s} 0 0`
  const other = `M0 0C${12 * s} -${4 * s} ${13 * s} -${14 * s} ${10 * s} -${18 * s}C${4 * s} -${14 * s} 0 -${8 * s} 0 0`
  const top = `M0 0C-${6 * s} -${10 * s} -${5 * s} -${22 * s} 0 -${28 * s}C${5 * s} -${22 * s} ${6 * s} -${10 * s} 0 0`
  return (
    <g transform={`translate(${x} ${y})`} class={`plant sort-${sort % 3}`}>
      <path d={leaf} />
      <path d={other} />
      <path class="bright" d={top} />
    </g>
  )
}

function Greenery({ width, floor, lamps, roof }: { width: number; floor: number; lamps: boolean; roof: number }) {
  const beds = Math.max(1, Math.floor((width - 60) / 150))
  const pitch = (width - 60) / beds
  return (
    <>
      {Array.from({ length: beds }, (_, bed) => {
        const x = 30 + bed * pitch + pitch * 0.08
        const w = pitch * 0.84
        const plants = Math.max(2, Math.floor(w / 24))
        return (
          <g key={bed}>
            {lamps && <path class="cone" d={`M${x + w * 0.3} ${roof}H${x + w * 0.7}L${x + w} ${floor - 22}H${x}Z`} />}
            <path class={lamps ? 'lamp lit' : 'lamp'} d={`M${x + w * 0.25} ${roof - 3}h${w * 0.5}`} />
            {Array.from({ length: plants }, (_, i) => (
              <Plant
                key={i}
                sort={bed + i}
                size={24 + ((i * 7 + bed * 5) % 13)}
                x={x + ((i + 0.5) * w) / plants}
                y={floor - 22}
              />
            ))}
            <rect class="bed" x={x} y={floor - 23} width={w} height={11} rx={3} />
            <path class="leg" d={`M${x + 8} ${floor - 12}V${floor}M${x + w - 8} ${floor - 12}V${floor}`} />
          </g>
        )
      })}
    </>
  )
}

function Person({ x, floor, turn }: { x: number; floor: number; turn: number }) {
  return (
    <g class="person" transform={`translate(${x} ${floor}) scale(${turn % 2 ? -1 : 1} 1)`}>
      <circle cx="0" cy="-52" r="7.500" />
      <path d="M-9 -38q9-6 18 0l2 19h-5l-1 19h-4l-1-17-1 17h-4l-1-19h-5z" />
    </g>
  )
}

function Quarters({ width, floor }: { width: number; floor: number }) {
  return (
    <g class="furniture">
      <path d={`M26 ${floor}V${floor - 84}M116 ${floor}V${floor - 84}M26 ${floor - 18}h90M26 ${floor - 62}h90`} />
      <path class="soft" d={`M29 ${floor - 20}v-8h84v8zM29 ${floor - 64}v-8h84v8z`} />
      {width > 420 && (
        <path d={`M${width - 136} ${floor - 34}h104M${width - 126} ${floor - 34}v34M${width - 42} ${floor - 34}v34`} />
      )}
      {width > 420 && <path class="screen" d={`M${width - 112} ${floor - 76}h54v34h-54z`} />}
    </g>
  )
}

function Ribs({ kind, width, height }: { kind: Kind; width: number; height: number }) {
  const step = kind === 'greenhouse' ? 58 : 96
  const n = Math.floor(width / step)
  const lines = Array.from({ length: Math.max(0, n - 1) }, (_, i) => `M${((i + 1) * width) / n} 0V${height - DECK}`)
  const bars = kind === 'greenhouse' ? `M0 ${height * 0.3}H${width}` : ''
  return <path class="ribs" d={lines.join('') + bars} />
}

export function Scene({ kind, width, height, crew, lamps }: SceneProps) {
  const floor = height - DECK
  // They stand closer where there is little room; beyond ten the figure above says it alone.
  const people = Math.min(crew, 10)
  const pitch = Math.min(44, (width - 180) / people)
  const middle = (width - (people - 1) * pitch) / 2
  const start = kind === 'crew' ? Math.max(middle, 142) : width - 60 - (people - 1) * pitch
  const clip = `hull-${kind}-${width}-${height}`
  return (
    <svg class="scene" width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      <defs>
        <clipPath id={clip}>
          <path d={outline(kind, width, height, 6)} />
        </clipPath>
      </defs>
      <path class="hull" d={outline(kind, width, height, 1)} />
      <path class="room" d={outline(kind, width, height, 7)} />
      <g clip-path={`url(#${clip})`}>
        <Ribs kind={kind} width={width} height={height} />
        {kind === 'greenhouse' && <Greenery width={width} floor={floor} lamps={lamps} roof={floor - 92} />}
        {kind === 'crew' && <Quarters width={width} floor={floor} />}
        {Array.from({ length: people }, (_, i) => (
          <Person key={i} x={start + i * pitch} floor={floor} turn={i} />
        ))}
      </g>
      <path class="inner" d={outline(kind, width, height, 7)} />
      <path class="deck" d={`M0 ${floor}h${width}v8H0z`} />
      <path
        class="legs"
        d={`M${width * 0.12} ${floor + 8}v18M${width * 0.5} ${floor + 8}v18M${width * 0.88} ${floor + 8}v18`}
      />
    </svg>
  )
}
