/** The text of a form's field; empty where there is none. Of a password nothing is taken away. */
export function field(form: HTMLFormElement, name: string): string {
  const value = new FormData(form).get(name)
  return typeof value === 'string' ? value : ''
}
