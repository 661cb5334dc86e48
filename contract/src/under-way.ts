/** What is between a habitat and mission control, for server and panel alike. */

/** What a gateway has numbered and nobody says to have stored. @param said by journal, how many numbers of it are */
export function underWayOf(
  heads: readonly { readonly journal: string; readonly next: number }[],
  said: (journal: string) => number,
): number {
  return heads.reduce((total, { journal, next }) => total + Math.max(0, next - 1 - said(journal)), 0)
}
