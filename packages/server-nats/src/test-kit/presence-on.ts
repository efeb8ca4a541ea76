import type { Member, PresenceChange } from "@im-sdk/server";
import type { RunningServer } from "@im-sdk/test-servers";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { NatsLink } from "../nats-link.ts";
import { createNatsPresence, type NatsPresence } from "../presence/nats-presence.ts";
import type { NatsPresenceOptions } from "../presence/nats-presence-options.ts";

/** Presence of one server on NATS, with all that it has told. */
export interface TestPresence extends AsyncDisposable {
  readonly presence: NatsPresence;
  readonly connection: NatsConnection;
  /** Such as `joined ann`, in order. */
  readonly told: string[];
  /** The ids of those in a room, in order. */
  users(roomId: string): string;
  /** Joins a room under an id. */
  join(roomId: string, userId: string, maxUsers?: number): Promise<boolean>;
  /** Resolves when what the callback says of this presence is so; it is asked on every change. */
  until(isSo: () => boolean): Promise<void>;
}

export function memberOf(userId: string): Member {
  return { userId, nickname: `${userId}'s`, joinedAtMs: 1 };
}

export async function presenceOn(nats: RunningServer, options: NatsPresenceOptions = {}): Promise<TestPresence> {
  const connection = await connect({ servers: nats.address, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
  const presence = await createNatsPresence(await NatsLink.open(connection), { joinTimeoutMs: 60_000, ...options });
  const told: string[] = [];
  presence.watch(({ type, member }) => told.push(`${type} ${member.userId}`));
  return {
    presence,
    connection,
    told,
    users: (roomId) => {
      const ids: string[] = [];
      for (const { userId } of presence.list(roomId) as readonly Member[]) ids.push(userId);
      return ids.join(" ");
    },
    join: async (roomId, userId, maxUsers = 0) => presence.join(roomId, memberOf(userId), maxUsers),
    async until(isSo) {
      const done = Promise.withResolvers<void>();
      const check = (_change?: PresenceChange) => {
        if (isSo()) done.resolve();
      };
      const unwatch = presence.watch(check);
      check();
      await done.promise;
      unwatch();
    },
    async [Symbol.asyncDispose]() {
      await presence.close();
      await connection.close();
    },
  };
}
