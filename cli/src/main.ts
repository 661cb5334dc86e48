/** The `habtwin` command: what there is, and where each part begins. Only composition happens here. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { horizons } from './backtest/arguments.ts'
import { exitWith } from './exit.ts'
import { address, numbers, registerRange, time } from './probe/arguments.ts'
import { addChange, recordsFile, wholeNumber } from './run/arguments.ts'
import { role, span } from './user/arguments.ts'
import { version } from './version.ts'

const RUN_EXAMPLES = `
Examples:
  habtwin run garden_100_days --every 24 --out garden.csv
  habtwin run garden_100_days --change crew.amount=+2 --change lamps.rate=-20%@10d
  habtwin run config.json --library DIR --seed 7 --out run.json

A change is AGENT.amount, AGENT.rate or AGENT.storage.CURRENCY, then =6, =+2 or =-20%, then @48h or @2d for later.`

const program = new Command('habtwin')
  .description('Edge gateway and live twin of a sealed habitat')
  .version(version, '-V, --version')
  .showHelpAfterError('(habtwin --help tells what there is)')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))

/** A command that runs a habitat: which one, and where its data lie. */
function habitat(name: string, description: string): Command {
  return habitatOptions(program.command(name).description(description))
}

function habitatOptions(command: Command): Command {
  return command
    .option('-c, --config <file>', 'the habitat; without it the demo', process.env.HABTWIN_CONFIG)
    .option('-d, --data <dir>', 'where its data lie', process.env.HABTWIN_DATA ?? './data')
    .option('--json', 'log and print JSON lines only')
}

habitat('up', 'run gateway and sim, and keep them running')
  .option('--alone', 'the demo without its second view, what mission control sees')
  .action(async (options) => {
    const { up } = await import('./commands/up.ts')
    await exitWith(up(options))
  })
habitat('gateway', 'run the gateway: instruments, journal, guard, broker').action(async (options) => {
  const { gateway } = await import('./commands/gateway.ts')
  await exitWith(gateway(options))
})
habitat('sim', 'run sim: recorder, store, twin, panel')
  .addOption(new Option('--across <origin>', 'the panel of the demo’s mission control').hideHelp())
  .action(async (options) => {
    const { sim } = await import('./commands/sim.ts')
    await exitWith(sim(options))
  })
habitat('broker', 'run the broker alone: its listeners, users, certificates, limits and sessions').action(
  async (options) => {
    const { broker } = await import('./commands/broker.ts')
    await exitWith(broker(options))
  },
)
program
  .command('receive')
  .description('mission control: broker, recorders and panel of many habitats; several of these may share one folder')
  .option('-c, --config <file>', 'what is received', process.env.HABTWIN_CONFIG)
  .option('-d, --data <dir>', 'where the data lie', process.env.HABTWIN_DATA ?? './data')
  .option('--node <habitat=node>', 'only say that this node takes the place of the one that a habitat had', addNode)
  .option('--json', 'log and print JSON lines only')
  .action(async (options) => {
    const { receive } = await import('./commands/receive.ts')
    await exitWith(receive(options))
  })
program
  .command('worker')
  .description('run jobs of a sim that hands them out through Redis; any number, on any machine')
  .option('-c, --config <file>', 'the habitat; without it the demo', process.env.HABTWIN_CONFIG)
  .option('--redis <url>', 'the Redis, instead of `jobs.redis.url` (the password comes from the configuration)')
  .option('--habitat <id>', 'whose jobs, instead of `habitat.id`')
  .option('--concurrency <n>', 'jobs at once, instead of `jobs.workers`', wholeNumber(1))
  .option('--json', 'log JSON lines only')
  .action(async (options) => {
    const { worker } = await import('./commands/worker.ts')
    await exitWith(worker(options))
  })
program.command('warm', { hidden: true }).action(async () => {
  const { warm } = await import('./commands/warm.ts')
  await exitWith(warm())
})
program
  .command('check')
  .description('say what is wrong with a configuration, all of it at once')
  .argument('[config]', 'the file; without it the demo is checked')
  .option('--diff <file>', 'say what a running gateway would do if it were changed into this one')
  .option('--json', 'one JSON line a fault')
  .action(async (file, options) => {
    const { check } = await import('./commands/check.ts')
    await exitWith(check(file, options))
  })
habitat('doctor', 'say what this machine lacks: ports and their groups, I2C, clock, disk, what others hold').action(
  async (options) => {
    const { doctor } = await import('./commands/doctor.ts')
    await exitWith(doctor(options))
  },
)
const probe = program.command('probe').description('find out what is connected, and write entries to paste')
probe
  .command('serial')
  .description('which serial ports there are, and what talks there')
  .option('--listen <time>', 'listen so long at each rate, as 5s; nothing is sent', time)
  .option('--port <path...>', 'these ports alone')
  .option('--baud <rates>', 'these rates instead of the usual, as 9600,115200', numbers(50, 4_000_000))
  .option('--ask', 'ask for an MH-Z19, which says nothing by itself')
  .option('--json', 'print one JSON line')
  .action(async (options) => {
    const { probeSerial } = await import('./commands/probe-serial.ts')
    await exitWith(probeSerial(options))
  })
probe
  .command('i2c')
  .description('which chips answer at which addresses')
  .option('--bus <path>', 'the bus', '/dev/i2c-1')
  .option('--mux <address>', 'look behind this multiplexer as well, as 0x70', address)
  .option('--json', 'print one JSON line')
  .action(async (options) => {
    const { probeI2c } = await import('./commands/probe-i2c.ts')
    await exitWith(probeI2c(options))
  })
probe
  .command('modbus')
  .description('which units answer, and what the registers of one hold; nothing is written')
  .requiredOption('--port <port>', 'a serial port, tcp://host:port of a serial device server, or host[:port]')
  .option('--baud <rate>', 'of a serial line', wholeNumber(50, 4_000_000), 9_600)
  .option('--parity <parity>', 'none, even or odd', oneOf(['none', 'even', 'odd']), 'none')
  .option('--stop-bits <n>', '1 or 2', wholeNumber(1, 2), 1)
  .option('--unit <units>', 'whom to ask, as 3,7; 1-20 unless given', numbers(0, 255))
  .option('--registers <range>', 'show what these of the first unit hold, in every way it can be meant, as 0-40', registerRange) // biome-ignore format: one line
  .option('--function <kind>', 'holding or input registers', oneOf(['holding', 'input']), 'holding')
  .option('--timeout <time>', 'for an answer', time, 300)
  .option('--json', 'print one JSON line')
  .action(async (options) => {
    const { probeModbus } = await import('./commands/probe-modbus.ts')
    await exitWith(probeModbus(options))
  })
program
  .command('watch')
  .description('a live table of every reading, from any broker')
  .option('-u, --url <url>', 'the broker', 'mqtt://127.0.0.1:1883')
  .option('--habitat <id>', 'only this habitat')
  .option('--user <name>', 'log in as (the password comes from HABTWIN_PASSWORD)')
  .option('--ca <file>', 'whose certificates are believed, for mqtts:// and wss://')
  .option('--json', 'one JSON line a reading instead of the table')
  .action(async (options) => {
    const { watch } = await import('./commands/watch.ts')
    await exitWith(watch(options))
  })
program
  .command('export')
  .description('write what was stored as a tidy table: one row a value, with unit and quality')
  .option('-d, --data <dir>', 'where the data lie', process.env.HABTWIN_DATA ?? './data')
  .option('-o, --out <file>', 'the file; without it standard output')
  .option('--format <format>', 'csv or ndjson', oneOf(['csv', 'ndjson']), 'csv')
  .option('--from <time>', 'from this moment on (ISO 8601 or ms)')
  .option('--to <time>', 'up to this moment')
  .option('--device <id...>', 'only these devices')
  .option('--point <name...>', 'only these points')
  .action(async (options) => {
    const { exportReadings } = await import('./commands/export.ts')
    await exitWith(exportReadings(options))
  })
program
  .command('run')
  .description('run a scenario to its end: prints a summary, writes the records of its steps')
  .argument('<scenario>', 'a file (JSON or YAML; our own form, or a SIMOC configuration) or the id of a preset')
  .option('--library <dir>', 'the agent_desc.json and currency_desc.json that a SIMOC configuration refers to')
  .option('--seed <n>', 'the seed of chance; else the one of the scenario', wholeNumber(0, 0xffff_ffff))
  .option('--steps <n>', 'steps to run; else as many as the scenario says', wholeNumber(1))
  .option('--every <n>', 'keep each such step, and the last', wholeNumber(1), 1)
  .option('-o, --out <file>', 'the file of records: .json, .ndjson or .csv', recordsFile)
  .option('--change <change>', 'change something of it; as often as you like', addChange)
  .option('--json', 'print the summary as one JSON line')
  .addHelpText('after', RUN_EXAMPLES)
  .action(async (scenario, options) => {
    const { run } = await import('./commands/run.ts')
    await exitWith(run(scenario, options))
  })
program
  .command('backtest')
  .description('how good the forecasts of a recording would have been, beside persistence, trend and AR(30)')
  .argument('<csv>', 'the recording')
  .requiredOption('-c, --config <yaml>', 'which column is what: `time: date`, `columns: {co2: CO2}`, `zone: office`')
  .option('--train <csv>', 'another recording of the same room, to learn from before')
  .option('--horizons <minutes>', 'how far ahead, divided by commas', horizons, [5, 15, 30, 60, 180, 1440])
  .option(
    '--score <part>',
    'which forecasts are scored: those made in the second half, or all',
    oneOf(['half', 'all']),
    'half',
  )
  .option('--json', 'print the scores as one JSON line')
  .action(async (file, options) => {
    const { backtest } = await import('./commands/backtest.ts')
    await exitWith(backtest(file, options))
  })
program
  .command('report')
  .description('the daily operations report of a running habitat: power, water, air, forecasts, alerts, events, data')
  .option('--sol <n>', 'day of the mission, from 1; without it and --date today', wholeNumber(1))
  .option('--date <date>', 'or a date of the habitat’s calendar, such as 2026-11-20')
  .option('--format <format>', 'md, csv or json', oneOf(['md', 'csv', 'json']), 'md')
  .option('-o, --out <file>', 'the file; without it standard output')
  .option('-u, --url <url>', 'where the panel is (a token comes from HABTWIN_TOKEN)', 'http://127.0.0.1:8080')
  .action(async (options) => {
    const { report } = await import('./commands/report.ts')
    await exitWith(report(options))
  })
program
  .command('recorder')
  .description('what the gateway takes for its recorder')
  .command('adopt')
  .description('believe a store that was not begun by this gateway, such as one that was restored elsewhere')
  .argument('<store>', 'its id, as the log of the gateway names it')
  .option('-d, --data <dir>', 'where the data lie', process.env.HABTWIN_DATA ?? './data')
  .option('-c, --config <file>', 'the habitat; without it the demo', process.env.HABTWIN_CONFIG)
  .action(async (store, options) => {
    const { adopt } = await import('./commands/adopt.ts')
    await exitWith(adopt(store, options))
  })
program
  .command('audit')
  .description('who commanded what: the log of commands, refusals, interlocks and changes')
  .command('verify')
  .description('go through the whole log, and say where it is not as it was written')
  .option('-d, --data <dir>', 'where the data lie', process.env.HABTWIN_DATA ?? './data')
  .option('--from <seq>', 'begin with this entry, where those before it lie elsewhere', wholeNumber(1))
  .option('--anchor <seq:hash>', 'an entry that mission control has kept; as often as you like', addAnchor)
  .option('--json', 'one JSON line')
  .action(async (options) => {
    const { auditVerify } = await import('./commands/audit.ts')
    await exitWith(auditVerify(options))
  })

const tls = program.command('tls').description('certificates: what this house shows, and what its clients show')
habitatOptions(tls.command('show').description('which certificates there are, and the fingerprint to compare')).action(
  async (options) => {
    const { tlsShow } = await import('./commands/tls.ts')
    await exitWith(tlsShow(options))
  },
)
habitatOptions(tls.command('renew').description('make the certificates anew; what runs takes them up')).action(
  async (options) => {
    const { tlsRenew } = await import('./commands/tls.ts')
    await exitWith(tlsRenew(options))
  },
)
habitatOptions(tls.command('issue').description('a certificate by which a client comes in as a user'))
  .argument('<user>', 'the name of the user')
  .option('--days <n>', 'how long it is valid', wholeNumber(1, 3_650), 397)
  .option('-o, --out <file>', 'where certificate and key go; the name of the user with .pem unless given')
  .action(async (user, options) => {
    const { tlsIssue } = await import('./commands/tls.ts')
    await exitWith(tlsIssue(user, options))
  })

function addNode(text: string, before: { habitat: string; node: string }[] = []) {
  const match = /^([a-z0-9-]{1,64})=([a-z0-9-]{1,64})$/.exec(text)
  if (match === null) throw new InvalidArgumentError('It is a habitat and its new node, as in sam=new-pi.')
  return [...before, { habitat: match[1] as string, node: match[2] as string }]
}

const user = program
  .command('user')
  .description('who may come in: people by password, devices and programs by token; works while gateway and sim run')
function ofUsers(name: string, description: string): Command {
  return user
    .command(name)
    .description(description)
    .option('-d, --data <dir>', 'where the data lie', process.env.HABTWIN_DATA ?? './data')
    .option('--json', 'print one JSON line')
}
ofUsers('add', 'make a user; the password is asked for, or read from standard input')
  .argument('<name>', 'lower-case letters, digits and hyphens')
  .requiredOption('--role <role>', 'crew, mission-control, public, device or gateway', role)
  .option('--habitat <id>', 'only this habitat, at a receiver of many; a gateway needs it')
  .option('--device <id>', 'of a device: which it speaks for, instead of its name')
  .option('--client <id>', 'of a device: the MQTT client id that it comes by, instead of the device')
  .option('--token', 'comes in with a token, not a password; devices and gateways always do')
  .action(async (name, options) => {
    const { add } = await import('./commands/user.ts')
    await exitWith(add(name, options))
  })
ofUsers('list', 'everyone there is, and what they come in with').action(async (options) => {
  const { list } = await import('./commands/user.ts')
  await exitWith(list(options))
})
ofUsers('passwd', 'give a user another password, asked for or read from standard input')
  .argument('<name>')
  .action(async (name, options) => {
    const { passwd } = await import('./commands/user.ts')
    await exitWith(passwd(name, options))
  })
ofUsers('token', 'give a user one more token, and tell it')
  .argument('<name>')
  .option('--label <text>', 'what it is for')
  .option('--expires <time>', 'how long it is good for, as 90d', span)
  .action(async (name, options) => {
    const { token } = await import('./commands/user.ts')
    await exitWith(token(name, options))
  })
ofUsers('revoke', 'take a token away, or all that a user has; whoever is in by one is out at once')
  .argument('<token>', 'its id, or the name of the user')
  .action(async (which, options) => {
    const { revokeTokens } = await import('./commands/user.ts')
    await exitWith(revokeTokens(which, options))
  })
for (const [name, disabled] of [['disable', true], ['enable', false]] as const) // biome-ignore format: a table
  ofUsers(name, disabled ? 'keep a user out, without forgetting them' : 'let a user in again')
    .argument('<name>')
    .action(async (who, options) => {
      const { setDisabled } = await import('./commands/user.ts')
      await exitWith(setDisabled(who, disabled, options))
    })
ofUsers('remove', 'forget a user, with every token')
  .argument('<name>')
  .action(async (name, options) => {
    const { remove } = await import('./commands/user.ts')
    await exitWith(remove(name, options))
  })

function addAnchor(text: string, before: { seq: number; hash: string }[] = []) {
  const match = /^(\d+):([0-9a-f]{64})$/.exec(text)
  if (match === null) throw new InvalidArgumentError('It is the number of an entry and its hash, as in 17:3f8a…')
  return [...before, { seq: Number(match[1]), hash: match[2] as string }]
}

function oneOf(choices: readonly string[]) {
  return (value: string) => {
    if (choices.includes(value)) return value
    throw new InvalidArgumentError(`It is one of ${choices.join(', ')}.`)
  }
}

await program.parseAsync()
