/**
 * How long light takes between Earth and Mars: what a crew on Mars waits for an answer. Where the planets are comes from
 * Keplerian elements; a signal meets the other planet where it will be when the signal gets there.
 *
 * Elements, rates and formulae: E. M. Standish and J. G. Williams, "Approximate Positions of the Planets", table 1
 * (1800–2050), Solar System Dynamics, JPL, https://ssd.jpl.nasa.gov/planets/approx_pos.html. Nominal errors there: 20″,
 * 8″ and 6,000 km for Earth and Moon, 40″, 2″ and 25,000 km for Mars, together below 0.4 s of light. A series such as
 * VSOP87 is not needed for a second; the test measures against one.
 */

/** Semi-major axis (au), eccentricity, inclination, mean longitude, longitudes of perihelion and of the node (degrees). */
type Elements = readonly [a: number, e: number, i: number, l: number, perihelion: number, node: number]

interface Orbit {
  /** At J2000.0. */
  readonly at: Elements
  /** Their change in a Julian century. */
  readonly rate: Elements
}

// table 1; of Earth and Moon it is their barycentre, from which Earth is at most 0.02 s of light away
const orbits = {
  earth: {
    at: [1.00000261, 0.01671123, -0.00001531, 100.46457166, 102.93768193, 0],
    rate: [0.00000562, -0.00004392, -0.01294668, 35999.37244981, 0.32327364, 0],
  },
  mars: {
    at: [1.52371034, 0.0933941, 1.84969142, -4.55343205, -23.94362959, 49.55953891],
    rate: [0.00001847, 0.00007882, -0.00813131, 19140.30268499, 0.44441088, -0.29257343],
  },
} as const satisfies Record<string, Orbit>

export type Planet = keyof typeof orbits

/** The astronomical unit, m, exactly: IAU 2012 resolution B2. */
const AU = 149_597_870_700
/** Speed of light, m/s, exactly: SI; IAU 2009 system of constants. */
const C = 299_792_458
/** An astronomical unit in ms of light. */
const MS_PER_AU = (AU / C) * 1_000
/** J2000.0, 2000-01-01 12:00 TT, as ms since the Unix epoch if TT were UTC. */
const J2000 = Date.UTC(2000, 0, 1, 12)
/**
 * TT − UTC, ms: 32.184 s (TAI) + 37 leap seconds since 2017 (IERS Bulletin C 52); a leap second more or less moves the
 * planets by less than 0.1 ms of light.
 */
const TT = 69_184
const CENTURY = 36_525 * 86_400_000
const RADIANS = Math.PI / 180

type Position = readonly [x: number, y: number, z: number]

/**
 * One-way light time of a signal, ms.
 * @param sent when it leaves, ms since the epoch, UTC; from 1800 to 2050, for which the elements were fitted
 * @param to the planet that it is meant for; it leaves from the other
 */
export function lightTime(sent: number, to: Planet): number {
  const from = position(to === 'mars' ? 'earth' : 'mars', sent)
  // the planets move at 10⁻⁴ of the speed of light: each round is right to that part of what was left
  let time = distance(from, position(to, sent)) * MS_PER_AU
  for (let i = 0; i < 3; i++) time = distance(from, position(to, sent + time)) * MS_PER_AU
  return time
}

/** Where a planet is, heliocentric, au, ecliptic and equinox of J2000. */
function position(planet: Planet, t: number): Position {
  const { at, rate } = orbits[planet]
  const centuries = (t + TT - J2000) / CENTURY
  const now = (index: 0 | 1 | 2 | 3 | 4 | 5) => at[index] + rate[index] * centuries
  const [a, e] = [now(0), now(1)]
  const [inclination, node] = [now(2) * RADIANS, now(5) * RADIANS]
  const argument = (now(4) - now(5)) * RADIANS
  const anomaly = eccentric((((now(3) - now(4)) % 360) + 360) * RADIANS, e)
  // in the plane of the orbit, x towards the perihelion
  const x = a * (Math.cos(anomaly) - e)
  const y = a * Math.sqrt(1 - e * e) * Math.sin(anomaly)
  const [cw, sw, cn, sn] = [Math.cos(argument), Math.sin(argument), Math.cos(node), Math.sin(node)]
  const [ci, si] = [Math.cos(inclination), Math.sin(inclination)]
  return [
    (cw * cn - sw * sn * ci) * x + (-sw * cn - cw * sn * ci) * y,
    (cw * sn + sw * cn * ci) * x + (-sw * sn + cw * cn * ci) * y,
    sw * si * x + cw * si * y,
  ]
}

/** The eccentric anomaly, by Newton's method on Kepler's equation M = E − e sin E; radians. */
function eccentric(mean: number, e: number): number {
  let anomaly = mean + e * Math.sin(mean)
  for (let i = 0; i < 6; i++) anomaly -= (anomaly - e * Math.sin(anomaly) - mean) / (1 - e * Math.cos(anomaly))
  return anomaly
}

function distance(a: Position, b: Position): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])
}
