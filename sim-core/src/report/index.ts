/** The daily operations report: computed from the store, written upon by the crew. */
export { csvOf } from './csv.ts'
export { markdownOf } from './markdown.ts'
export { Reports } from './service.ts'
export type { Words } from './texts.ts'
