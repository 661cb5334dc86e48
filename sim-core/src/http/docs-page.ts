/** The page at /api/docs, made on this machine from the OpenAPI document; it loads nothing but its style. */

interface Schema {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly additionalProperties?: Schema | boolean
  readonly anyOf?: readonly Schema[]
  readonly prefixItems?: readonly Schema[]
  readonly examples?: readonly unknown[]
}

interface Parameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly description?: string
  readonly schema?: Schema
}

interface Operation {
  readonly summary?: string
  readonly tags?: readonly string[]
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: Schema }>> }
  readonly responses?: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: Schema }>> }>
  >
}

/** As much of an OpenAPI document as the page shows. */
export interface OpenApi {
  readonly info: { readonly title: string; readonly version: string; readonly description?: string }
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

interface Route extends Operation {
  readonly method: string
  readonly path: string
}

/** The whole page. */
export function docsPage({ info, paths }: OpenApi): string {
  const routes = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(
      ([method, operation]): Route => ({ ...operation, method: method.toUpperCase(), path }),
    ),
  )
  const tags = [...new Set(routes.map(tagOf))]
  const groups = tags.map((tag) => {
    const own = routes.filter((route) => tagOf(route) === tag)
    return `<section id="${text(tag)}"><h2>${text(tag)}</h2>${own.map(card).join('')}</section>`
  })
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light">
<title>${text(info.title)}: REST</title>
<link rel="icon" href="../icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="docs.css">
</head>
<body>
<header>
<h1>${text(info.title)} <small>REST ${text(info.version)}</small></h1>
<p>${code(info.description ?? '')}</p>
<nav>${tags.map((tag) => `<a href="#${text(tag)}">${text(tag)}</a>`).join('')}<a href="openapi.json">openapi.json</a><a href="..">panel</a></nav>
</header>
<main>${groups.join('\n')}</main>
</body>
</html>
`
}

function tagOf(route: Route): string {
  return route.tags?.[0] ?? 'other'
}

function card(route: Route): string {
  const { method, path, summary = '', parameters = [], requestBody, responses = {} } = route
  const body = requestBody && first(requestBody.content)?.[1].schema
  const answers = Object.entries(responses).flatMap(([status, { content = {} }]) => {
    const [kind, { schema } = {}] = first(content) ?? []
    return kind === undefined ? [] : [{ status, kind, schema }]
  })
  return `<article id="${text(`${method} ${path}`)}">
<h3><b class="${method.toLowerCase()}">${method}</b> <code>${text(path)}</code></h3>
<p>${code(summary)}</p>
${parameters.length > 0 ? table('Parameters', parameters.map(parameterRow)) : ''}
${
  body?.properties
    ? table(
        'Body (JSON)',
        Object.entries(body.properties).map(([name, schema]) =>
          row(name, schema, body.required?.includes(name) === true),
        ),
      )
    : ''
}
<pre>${text(example(route, body))}</pre>
${answers.map(({ status, kind, schema }) => `<p class="answer">${text(status)} <code>${text(kind)}</code></p>${schema && kind.includes('json') ? `<pre>${text(shape(schema))}</pre>` : ''}`).join('\n')}
</article>`
}

function table(title: string, rows: readonly string[]): string {
  return `<table><caption>${text(title)}</caption><tbody>${rows.join('')}</tbody></table>`
}

function parameterRow({ name, required, description, schema = {} }: Parameter): string {
  return row(name, description === undefined ? schema : { ...schema, description }, required === true)
}

function row(name: string, schema: Schema, required: boolean): string {
  const kind = schema.enum ? schema.enum.join(' | ') : shape(schema)
  return `<tr><th scope="row"><code>${text(name)}</code></th><td>${text(kind)}${required ? '' : ' <i>optional</i>'}</td><td>${code(schema.description ?? '')}</td></tr>`
}

/** A command to paste into a terminal. */
function example({ method, path, parameters = [] }: Route, body: Schema | undefined): string {
  const place = (parameter: Parameter) =>
    String(parameter.schema?.examples?.[0] ?? samples[parameter.name] ?? parameter.name)
  const there = path.replace(/\{(\w+)\}/g, (_, name: string) => samples[name] ?? name)
  const query = parameters.filter((parameter) => parameter.in === 'query' && parameter.required)
  const search = query.map((parameter) => `${parameter.name}=${encodeURIComponent(place(parameter))}`).join('&')
  const url = `'http://localhost:8080${there}${search === '' ? '' : `?${search}`}'`
  if (method === 'GET') return `curl ${url}`
  const given = Object.fromEntries((body?.required ?? []).map((name) => [name, samples[name] ?? 0]))
  return `curl -X ${method} ${url} \\\n  -H 'content-type: application/json' -d '${JSON.stringify(given)}'`
}

/** What the examples name. */
const samples: Readonly<Record<string, string>> = {
  device: 'air',
  point: 'co2',
  zone: 'crew',
  quantity: 'co2',
  lead: '1h',
  name: 'co2-high',
  id: 'co2-crew',
  by: 'Ada',
}

/** A schema in a few words: `{ t: number, value: (number | null)[] }`. */
function shape(schema: Schema, depth = 0): string {
  const { type, properties, items, additionalProperties, anyOf, prefixItems } = schema
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  if (anyOf) return [...new Set(anyOf.map((one) => shape(one, depth)))].join(' | ')
  if (prefixItems) return `[${prefixItems.map((one) => shape(one, depth)).join(', ')}]`
  if (type === 'array') {
    const inner = shape(items ?? {}, depth)
    return inner.includes(' | ') ? `(${inner})[]` : `${inner}[]`
  }
  if (properties) {
    const pad = '  '.repeat(depth + 1)
    const members = Object.entries(properties).map(
      ([name, one]) => `${pad}${name}${schema.required?.includes(name) ? '' : '?'}: ${shape(one, depth + 1)}`,
    )
    return `{\n${members.join('\n')}\n${'  '.repeat(depth)}}`
  }
  if (typeof additionalProperties === 'object') return `{ [name]: ${shape(additionalProperties, depth)} }`
  return type === undefined ? 'any' : [type].flat().join(' | ')
}

function first<T>(record: Readonly<Record<string, T>>): [string, T] | undefined {
  return Object.entries(record)[0]
}

/** Text in which `…` is code. */
function code(written: string): string {
  return text(written).replace(/`([^`]+)`/g, '<code>$1</code>')
}

function text(written: string): string {
  return written.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)
}

export const docsStyle = `
:root { color-scheme: dark light; --back: light-dark(#f6f7f9, #0a0e13); --card: light-dark(#fff, #121820);
  --line: light-dark(#d9dee5, #243040); --text: light-dark(#17202b, #dbe4ee); --soft: light-dark(#576577, #8ea0b4);
  --get: light-dark(#0a6d4f, #4fd1a5); --post: light-dark(#8a4b00, #f0b050) }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 60rem; padding: 1rem 1rem 4rem; background: var(--back); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif }
h1 { margin: 1rem 0 0; font-size: 1.8rem }
h1 small { color: var(--soft); font-size: 1rem; font-weight: 400 }
h2 { margin: 2.5rem 0 .5rem; text-transform: capitalize; font-size: 1.25rem }
h3 { margin: 0; font-size: 1rem; font-weight: 400; overflow-wrap: anywhere }
h3 b { display: inline-block; min-width: 3.2rem; font-size: .85rem }
.get { color: var(--get) } .post { color: var(--post) }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem }
a { color: inherit; text-underline-offset: .2em }
article { margin: .75rem 0; padding: 1rem 1.25rem; background: var(--card); border: 1px solid var(--line); border-radius: .5rem }
article p { margin: .35rem 0 .75rem; color: var(--soft) }
article p.answer { margin: .75rem 0 0; font-size: .85rem }
code, pre { font-family: ui-monospace, monospace; font-size: .875rem }
pre { margin: .4rem 0; padding: .6rem .8rem; overflow-x: auto; background: var(--back); border-radius: .35rem }
table { width: 100%; margin: .5rem 0; border-collapse: collapse; font-size: .875rem }
caption { text-align: left; color: var(--soft) }
th, td { padding: .3rem .75rem .3rem 0; text-align: left; vertical-align: top; border-top: 1px solid var(--line);
  white-space: pre-wrap; overflow-wrap: anywhere }
th { width: 8rem; font-weight: 400 } td:nth-child(2) { width: 14rem } i { color: var(--soft) }
:focus-visible { outline: 2px solid var(--get); outline-offset: 2px }
`
