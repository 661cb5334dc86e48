/** Who is logged in at this page. */
import { computed, effect, signal } from '@preact/signals'
import { asked } from '../link/actions.ts'
import { get, post } from '../link/rest.ts'
import { refresh } from '../link/sync.ts'
import { loginNeeded, person } from '../state.ts'

/** What `GET /api/me` answers. */
export interface Me {
  readonly role: string | null
  readonly name: string | null
  readonly may: readonly string[]
  /** True where there are users who could log in. */
  readonly users: boolean
}

export const me = signal<Me | undefined>(undefined)

/** The one who is logged in; undefined where nobody is, and whoever sits here only looks. */
export const user = computed(() => {
  const { role, name } = me.value ?? {}
  // who only looks on, here or as one of the public, has not logged in
  const unnamed = role === 'viewer' || (role === 'public' && name === 'public')
  return role && name && !unnamed ? { role, name } : undefined
})

const roleNames: Readonly<Record<string, string>> = {
  crew: 'crew',
  'mission-control': 'mission control',
  public: 'guest',
}

export function roleName(role: string): string {
  return roleNames[role] ?? role
}

function now(is: Me): void {
  me.value = is
  // what is done under a login is done in its name, whatever was typed here before
  if (user.value) person.value = user.value.name
}

/** Asks who is logged in. Never throws: where there is no answer it stays as it was. */
async function lookWho(): Promise<void> {
  try {
    now(await get<Me>('api/me'))
  } catch {
    // the page says elsewhere that nobody answers
  }
}

/** Logs in; throws a Problem where name and password do not fit. */
export async function login(name: string, password: string): Promise<void> {
  now(await post<Me>('api/login', { user: name, password }))
  loginNeeded.value = false
  await refresh()
}

/** Takes another password, and stays logged in by it; throws a Problem where that is refused. */
export async function changePassword(old: string, password: string): Promise<void> {
  now(await post<Me>('api/password', { old, password }))
}

/** Logs out, and shows the page as whoever sits here then may see it. */
export async function logout(): Promise<void> {
  await post('api/logout', {})
  person.value = ''
  await lookWho()
  await refresh()
}

/** Follows who is logged in for as long as the page is open: a login may have ended elsewhere. */
export function startLogin(): void {
  effect(() => {
    if (loginNeeded.value || asked.value?.kind === 'login') void lookWho()
  })
  void lookWho()
}
