/** Users: who there is, how they prove it, and what becomes of those who guess. */
export { type AttemptLimits, Attempts, attemptLimits } from './attempts.ts'
export { userChanges } from './changes.ts'
export { AccessControl, type Login, type LoginRefusal } from './control.ts'
export {
  addToken,
  addUser,
  checkPassword,
  disable,
  type NewToken,
  type NewUser,
  removeUser,
  revoke,
  setPassword,
} from './edits.ts'
export { changeUsers, nobody, readUsers, type Token, type User, type Users, usersPath, writePrivately } from './file.ts'
export { FIRST, firstBoot, firstLoginPath, forgetFirstLogin } from './first.ts'
export { needUsers } from './needed.ts'
export { hashPassword, verifyPassword } from './password.ts'
export { bearerOf, hashToken, isToken, newToken } from './token.ts'
