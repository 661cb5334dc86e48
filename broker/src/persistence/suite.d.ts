/** The suite that every persistence of Aedes has to pass; it comes without types. */
declare module 'aedes-persistence/abstract.js' {
  export default function suite(options: {
    readonly test: typeof import('node:test').test
    readonly persistence: () => unknown
    readonly testAsync: true
  }): void
}
