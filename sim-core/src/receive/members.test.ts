import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Members } from './members.ts'

async function listening(path: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve) => server.listen(path, resolve))
  return server
}

test('all processes of a folder agree on who records what, and only the habitats of one that died move', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'habtwin-m-'))
  const members = [new Members(folder), new Members(folder), new Members(folder)]
  const servers = await Promise.all(members.map(({ socket }) => listening(socket)))
  const habitats = Array.from({ length: 300 }, (_, i) => `hab-${i}`)
  const owners = (member: Members) => habitats.map((habitat) => member.ownerOf(habitat))
  try {
    const [first, second, third] = members as [Members, Members, Members]
    for (const member of members) assert.equal(await member.look(), true)
    assert.equal(await first.look(), false)
    assert.deepEqual(owners(second), owners(first))
    const before = owners(first)
    for (const { id } of members) {
      const share = before.filter((owner) => owner === id).length
      assert.ok(share > 50 && share < 150, `${share} of 300`)
    }
    // a process that is killed leaves its socket behind, and nobody answers there
    await new Promise((resolve) => servers[2]?.close(resolve))
    servers[2] = await listening(`${third.socket}.other`)
    assert.equal(await first.look(), true)
    await second.look()
    const after = owners(first)
    assert.deepEqual(owners(second), after)
    assert.ok(!existsSync(third.socket))
    for (const [i, owner] of before.entries()) if (owner !== third.id) assert.equal(after[i], owner)
  } finally {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
    rmSync(folder, { recursive: true })
  }
})
