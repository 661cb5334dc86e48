/**
 * Every error that habtwin raises knowingly: a code that never changes its meaning, what happened, and what
 * to do about it. `docs/errors.md` is held equal to this table by a test. Retired codes are not used again.
 *
 * `kind` decides what the supervisor does: an `outside` fault (the world's) is tried again for ever; `input` is
 * somebody's mistake, told to them; `bug` is ours and stops the process with a clear last line.
 */

interface ErrorEntry {
  readonly kind: 'input' | 'outside' | 'bug'
  /** One line: what it means. */
  readonly title: string
  /** What the person who meets it should do. */
  readonly remedy: string
  /** HTTP status where it answers a request. */
  readonly status?: number
}

export const errorTable = {
  'config/unreadable': { kind: 'input', title: 'The configuration file cannot be read', remedy: 'Check the path and its permissions, or leave out --config to run the demo.' },
  'config/syntax': { kind: 'input', title: 'The configuration is not valid YAML', remedy: 'Mend the line that is named; most often it is the indentation or a missing colon.' },
  'config/unknown-key': { kind: 'input', title: 'The configuration has a key that habtwin does not know', remedy: 'Correct its spelling, or remove it.' },
  'config/invalid': { kind: 'input', title: 'A value in the configuration cannot be used', remedy: 'Give a value of the kind that is named.' },
  'config/unit': { kind: 'input', title: 'A quantity in the configuration has no unit, or one that does not fit', remedy: 'Write the figure with a unit of the kind that is named, as in `480 m3`.' },
  'config/duplicate-id': { kind: 'input', title: 'One name stands for two things', remedy: 'Give each zone, bus and device a name of its own.' },
  'config/unknown-reference': { kind: 'input', title: 'The configuration names something that it does not define', remedy: 'Define it, or correct the name.' },
  'config/unknown-driver': { kind: 'input', title: 'There is no driver of this name', remedy: 'Use one of the drivers that are listed in the message.' },
  'config/scan-plan': { kind: 'input', title: 'More is to be read than the bus has time for', remedy: 'Read less often or fewer points, raise the baud rate, or spread the devices over two buses.' },
  'config/insecure': { kind: 'input', title: 'A listener is open beyond this machine without TLS and users', remedy: 'Bind it to loopback, add a section `tls: {}` (`broker.tls` for MQTT), or write `insecure: true` on that listener if the network is yours alone.' },
  'secret/unreadable': { kind: 'outside', title: 'The file of a secret cannot be read', remedy: 'Check the path and that this user may read it; where another program makes it on first boot, nothing needs to be done.' },
  'tls/unreadable': { kind: 'outside', title: 'A file of a certificate or key cannot be read', remedy: 'Check the path and that this user may read it; it is tried again by itself.' },
  'tls/invalid': { kind: 'outside', title: 'A file holds no certificate or key that can be used', remedy: 'Give PEM files: the certificate with its chain, and its key without a passphrase. A damaged one of habtwin’s own in the folder `tls` of its data comes from a backup, or is made anew where it is taken away.' },
  'tls/mismatch': { kind: 'outside', title: 'The key does not belong to the certificate', remedy: 'Give the key that the certificate was asked for with, or ask for a new certificate with this key.' },
  'tls/expired': { kind: 'outside', title: 'The time of a certificate is over', remedy: 'Put a new one in its place, which is taken up by itself; where it should still be valid, check the clock.' },
  'data/locked': { kind: 'input', title: 'Another process uses this data folder', remedy: 'Stop the other process, or give this one a folder of its own with --data.' },
  'data/unusable': { kind: 'outside', title: 'The data folder cannot be written', remedy: 'Make room on the disk and check the permissions of the folder.' },
  'store/damaged': { kind: 'outside', title: 'The store file was damaged and has been moved aside', remedy: 'Nothing to do at once: a new store was begun, and the gateway sends again what it still holds. Keep the file that was moved aside for recovery.' },
  'store/newer': { kind: 'input', title: 'The store was written by a newer habtwin', remedy: 'Run the newer version, or give another folder with --data.' },
  'listen/address-in-use': { kind: 'outside', title: 'A port is taken by another program', remedy: 'Stop that program, or configure another port (0 takes a free one).' },
  'listen/impossible': { kind: 'outside', title: 'The system does not let habtwin listen there', remedy: 'Check that the address is one of this machine, that ports below 1024 are allowed, and that the folder of a socket can be written.' },
  'device/timeout': { kind: 'outside', title: 'The device did not answer in time', remedy: 'Check its power and cabling, its address or unit number, the baud rate and parity of its bus, and the timeout.' },
  'device/unreachable': { kind: 'outside', title: 'The bus or the device cannot be opened', remedy: 'Check that it is plugged in, powered and that the address is right.' },
  'device/exception': { kind: 'outside', title: 'The device refused the request', remedy: 'Compare the register addresses and function codes with its manual.' },
  'device/garbled': { kind: 'outside', title: 'The answer of the device cannot be read', remedy: 'Check the wiring, termination and baud rate, and that no other master is on the bus.' },
  'device/mismatch': { kind: 'outside', title: 'Another instrument answers than the one that is configured', remedy: 'Name the driver of what is there, or give the address of the one that is meant.' },
  'device/defect': { kind: 'outside', title: 'The instrument itself says that it is broken', remedy: 'Switch its power off and on; if it says so again, replace it.' },
  'replay/unreadable': { kind: 'input', title: 'The recording cannot be read', remedy: 'Check the path, and that the file is text with one header line.' },
  'replay/column': { kind: 'input', title: 'The recording has no such column', remedy: 'Use one of the columns that are listed in the message.' },
  'replay/values': { kind: 'input', title: 'A column of the recording is not what it is taken for', remedy: 'Name another column, or mend what is quoted in the message.' },
  'replay/row': { kind: 'input', title: 'A row of the recording cannot be used', remedy: 'Mend the row, or leave it: all other rows are taken.' },
  'backtest/data': { kind: 'input', title: 'The recording has too little for a backtest', remedy: 'Give a longer recording or shorter horizons (--horizons); if its times are bare numbers, say what they count: `time: {column: t, unit: min}`.' },
  'command/refused': { kind: 'input', title: 'The command was refused', remedy: 'Read the reason; correct the command and send it with a new id.', status: 409 },
  'command/expired': { kind: 'input', title: 'The command came after its time', remedy: 'Send it again with a new id, if it is still wanted.', status: 409 },
  'request/invalid': { kind: 'input', title: 'The request cannot be understood', remedy: 'Compare it with the description at /api/docs.', status: 400 },
  'request/not-found': { kind: 'input', title: 'There is nothing at this address', remedy: 'See /api/docs for what there is.', status: 404 },
  'request/too-large': { kind: 'input', title: 'The request asks for too much at once', remedy: 'Ask for a shorter span, or give `every` to have it summed up.', status: 413 },
  'request/forbidden': { kind: 'input', title: 'This client may not do that', remedy: 'Log in with a role that may, or do it on the device itself.', status: 403 },
  'request/login': { kind: 'input', title: 'Nobody is logged in', remedy: 'Log in (POST /api/login), or send a token: `Authorization: Bearer …`.', status: 401 },
  'login/refused': { kind: 'input', title: 'Name and password do not belong together', remedy: 'Check both; somebody with access to the machine can set a new password with `habtwin user passwd`.', status: 401 },
  'login/wait': { kind: 'input', title: 'Too many wrong passwords', remedy: 'Wait as long as is said, then try again; each further mistake makes the wait longer.', status: 429 },
  'login/busy': { kind: 'outside', title: 'Too many are logging in at once', remedy: 'Try again in a moment.', status: 503 },
  'access/invalid': { kind: 'input', title: 'The file of users cannot be used', remedy: 'Mend what is named or put back a copy; `habtwin user list` says whether it is right again. Until then who could come in before still can.' },
  'access/nobody': { kind: 'outside', title: 'A listener waits for somebody who may log in', remedy: 'Make a user, `habtwin user add NAME --role crew`: it is opened by itself then.' },
  'access/refused': { kind: 'input', title: 'This cannot be done to the users', remedy: 'Read the reason; `habtwin user list` tells who there is.', status: 409 },
  'request/origin': { kind: 'input', title: 'The request comes from a page or name that is not this panel', remedy: 'Open the panel under its own address, or add the name to `http.names`.', status: 403 },
  'report/conflict': { kind: 'input', title: 'Somebody else has saved this report meanwhile', remedy: 'Load it anew, and write your words into what stands there now.', status: 409 },
  'scenario/invalid': { kind: 'input', title: 'The scenario cannot be run as it is', remedy: 'Mend each place that is named; nothing was begun.', status: 422 },
  'scenario/library': { kind: 'input', title: 'The library of agents and currencies cannot be read', remedy: 'Give the folder that holds agent_desc.json and currency_desc.json with --library.' },
  'scenario/unreadable': { kind: 'input', title: 'The scenario cannot be read', remedy: 'Give a file of JSON or YAML that this user may read, or the id of a preset.' },
  'run/too-large': { kind: 'input', title: 'The records of the run would not fit', remedy: 'Keep fewer steps with --every, or run fewer with --steps; without --out there is the summary alone.' },
  'run/output': { kind: 'outside', title: 'The file of records cannot be written', remedy: 'Make room, check the permissions of the folder, or give another file with --out.' },
  'job/too-large': { kind: 'input', title: 'The job asks for more than this machine is set to give', remedy: 'Run fewer steps or runs, or keep fewer with `every`; the limits are `jobs.values` and `jobs.steps` of the configuration.', status: 413 },
  'job/conflict': { kind: 'input', title: 'The same idempotency key came with another job', remedy: 'Use a new key for each new job; the same key only to send the same job again.', status: 409 },
  'job/queue-full': { kind: 'outside', title: 'Too many jobs wait already', remedy: 'Send it again when some are done, or remove some of those that wait.', status: 503 },
  'job/crashed': { kind: 'bug', title: 'The worker that ran the job ended by itself', remedy: 'The job is given up so that others can run. Run it with fewer steps or runs; report it if that fails as well.', status: 500 },
  'link/unavailable': { kind: 'outside', title: 'The other half of the line is not there', remedy: 'It is being started again; if that goes on, look at the log of the process that is named.', status: 503 },
  'link/bundle': { kind: 'input', title: 'A bundle of messages cannot be taken apart', remedy: 'Run the same version of habtwin on both sides; the gateway sends again what is not confirmed.' },
  'twin/no-model': { kind: 'input', title: 'There is no model of this habitat to ask', remedy: 'Tell the volumes of its zones, and its crew, plants and machines, in the configuration.', status: 409 },
  'twin/busy': { kind: 'outside', title: 'The twin is asked too much at once', remedy: 'Ask again in a moment.', status: 503 },
  'influx/unreachable': { kind: 'outside', title: 'InfluxDB does not answer', remedy: 'Nothing is lost: the mirror goes on from where it stopped. Check the address and that InfluxDB runs.' },
  'influx/refused': { kind: 'outside', title: 'InfluxDB refuses what it is sent', remedy: 'Check organisation, bucket or database, and the token and its rights.' },
  'bug/unexpected': { kind: 'bug', title: 'habtwin met a state that it should never be in', remedy: 'Report it with the lines of the log before it.', status: 500 },
} as const satisfies Record<string, ErrorEntry> // biome-ignore format: a table, one line an error

export type ErrorCode = keyof typeof errorTable

/** An error with a code of the table: what failed (`message`), where, and what to do (`remedy`). */
export class HabtwinError extends Error {
  override readonly name = 'HabtwinError'
  readonly code: ErrorCode
  /** The file and line, device, address or topic that it is about. */
  readonly where: string | undefined

  /**
   * @param code a code of `errorTable`
   * @param message what failed, in one sentence, with the figures that matter
   */
  constructor(code: ErrorCode, message: string, options: { where?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.where = options.where
  }

  /** What to do about it. */
  get remedy(): string {
    return errorTable[this.code].remedy
  }

  /** HTTP status where it answers a request. */
  get status(): number {
    const entry: ErrorEntry = errorTable[this.code]
    return entry.status ?? 500
  }
}

/** True for an error of the table, of the given code where one is given. */
export function isHabtwinError(error: unknown, code?: ErrorCode): error is HabtwinError {
  return error instanceof HabtwinError && (code === undefined || error.code === code)
}

/** True for a fault of the outside world: worth trying again. */
export function isOutsideFault(error: unknown): boolean {
  return isHabtwinError(error) && errorTable[error.code].kind === 'outside'
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
