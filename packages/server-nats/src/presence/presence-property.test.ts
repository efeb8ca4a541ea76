import assert from "node:assert/strict";
import { test } from "node:test";
import { skipWithout, startNats } from "@im-sdk/test-servers";
import fc from "fast-check";
import { presenceOn, type TestPresence } from "../test-kit/presence-on.ts";

const real = await skipWithout("nats-server");
const maxUsers = 2;

const command = fc.record({
  type: fc.constantFrom("join" as const, "leave" as const),
  server: fc.constantFrom(0, 1),
  userId: fc.constantFrom("a", "b", "c", "d"),
});

/** Who is in one room, as it should be. */
class Model {
  readonly told: string[] = [];
  /** By user in the order of coming: the servers of their joins. */
  readonly #users = new Map<string, number[]>();

  get users(): string {
    return [...this.#users.keys()].join(" ");
  }

  join(server: number, userId: string): boolean {
    const joins = this.#users.get(userId) ?? [];
    if (joins.length === 0 && this.#users.size >= maxUsers) return false;
    if (joins.length === 0) this.told.push(`joined ${userId}`);
    this.#users.set(userId, [...joins, server]);
    return true;
  }

  leave(server: number, userId: string): void {
    const joins = this.#users.get(userId) ?? [];
    const at = joins.indexOf(server);
    if (at < 0) return;
    joins.splice(at, 1);
    if (joins.length > 0) return;
    this.#users.delete(userId);
    this.told.push(`left ${userId}`);
  }
}

/** Both have heard of all that was done before. */
async function caughtUp(servers: readonly TestPresence[], run: string): Promise<void> {
  for (const [index, server] of servers.entries()) await server.join(`${run} end`, String(index));
  for (const server of servers) await server.until(() => server.users(`${run} end`).length === 3);
}

test("two servers asked one after another do as one would", real, async () => {
  await using nats = await startNats();
  const servers = [await presenceOn(nats), await presenceOn(nats)] as const;
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 25 }), async (commands) => {
      runs += 1;
      const roomId = `room ${runs}`;
      const model = new Model();
      const before = servers.map(({ told }) => told.length);
      for (const { type, server, userId } of commands) {
        const { join, presence } = servers[server as 0 | 1];
        if (type === "join") assert.equal(await join(roomId, userId, maxUsers), model.join(server, userId));
        else {
          await presence.leave(roomId, userId);
          model.leave(server, userId);
        }
      }
      await caughtUp(servers, roomId);
      for (const [index, { told, users }] of servers.entries()) {
        assert.equal(users(roomId), model.users);
        assert.deepEqual(told.slice(before[index], -2), model.told);
      }
    }),
    { numRuns: 40 },
  );
  for (const server of servers) await server[Symbol.asyncDispose]();
});

test("two servers asked at once agree, keep to the bound, and have those in whom they let in", real, async () => {
  await using nats = await startNats();
  const servers = [await presenceOn(nats), await presenceOn(nats)] as const;
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 25 }), async (commands) => {
      runs += 1;
      const roomId = `room ${runs}`;
      const admitted = new Map<string, number>();
      await Promise.all(
        commands.map(async ({ type, server, userId }) => {
          const { join, presence } = servers[server as 0 | 1];
          const key = `${server} ${userId}`;
          if (type === "join") {
            if (await join(roomId, userId, maxUsers)) admitted.set(key, (admitted.get(key) ?? 0) + 1);
          } else if ((admitted.get(key) ?? 0) > 0) {
            admitted.set(key, (admitted.get(key) ?? 0) - 1);
            await presence.leave(roomId, userId);
          }
        }),
      );
      await caughtUp(servers, roomId);
      const users = new Set([...admitted].filter(([, joins]) => joins > 0).map(([key]) => key.slice(2)));
      assert.ok(users.size <= maxUsers);
      for (const server of servers) assert.deepEqual(new Set(server.users(roomId).split(" ").filter(Boolean)), users);
      assert.equal(servers[0].users(roomId), servers[1].users(roomId));
    }),
    { numRuns: 40 },
  );
  assert.deepEqual(servers[0].told, servers[1].told);
  for (const server of servers) await server[Symbol.asyncDispose]();
});
