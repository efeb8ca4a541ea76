import type { Member } from "@im-sdk/server";
import { KeyedTurns } from "./keyed-turns.ts";
import { OwnMember } from "./own-member.ts";
import type { PresenceBucket } from "./presence-bucket.ts";
import { encodeEntry } from "./presence-event.ts";
import { entryKey } from "./presence-keys.ts";
import type { PresenceState } from "./presence-state.ts";

/** How many entries are on their way to NATS at a time when all are written again. */
const maxWritesAtOnce = 500;

/** What {@link OwnMembers} is made of. */
export interface OwnMembersOptions {
  readonly state: PresenceState;
  /** Throws while NATS is away. */
  readonly bucket: () => PresenceBucket;
  readonly session: () => string;
  /** Resolves when the state has come to this revision, or has not for a while. */
  readonly seen: (revision: number) => Promise<void>;
}

/** Who is in by streams of this server, and the entries in the bucket that say so. */
export class OwnMembers {
  readonly #options: OwnMembersOptions;
  readonly #members = new Map<string, OwnMember>();
  readonly #turns = new KeyedTurns();
  #isBehind = false;
  #isRestoring = false;

  constructor(options: OwnMembersOptions) {
    this.#options = options;
  }

  /** Something could not be written and is to be tried again, by {@link restore}. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  /** Counts a join; the first writes the entry. */
  add(roomId: string, member: Member, maxUsers: number): OwnMember {
    const id = idOf(roomId, member.userId);
    const own = this.#members.get(id) ?? new OwnMember(roomId, member, maxUsers);
    own.joins += 1;
    if (own.joins > 1) return own;
    this.#members.set(id, own);
    void this.#write(id);
    return own;
  }

  /** Ends a join of this very member, and the entry with the last one. */
  async drop(own: OwnMember): Promise<void> {
    own.joins -= 1;
    if (own.joins <= 0) await this.#forget(own);
  }

  find(roomId: string, userId: string): OwnMember | undefined {
    return this.#members.get(idOf(roomId, userId));
  }

  /** The state knows more of an entry of this server. */
  see(key: string, roomId: string, userId: string): void {
    const own = this.find(roomId, userId);
    if (own !== undefined && !own.see(this.#options.state.find(key))) void this.#forget(own);
  }

  /** Writes every entry that should be there and is not, and removes the others, under the session of now. */
  restore(): void {
    this.#isBehind = true;
    if (!this.#isRestoring) void this.#restore();
  }

  async #restore(): Promise<void> {
    this.#isRestoring = true;
    this.#isBehind = false;
    const ids = this.#behind();
    for (let start = 0; start < ids.length; start += maxWritesAtOnce) {
      await Promise.all(ids.slice(start, start + maxWritesAtOnce).map((id) => this.#write(id)));
    }
    this.#isRestoring = false;
  }

  #behind(): readonly string[] {
    const { state, session } = this.#options;
    const ids = new Set<string>();
    for (const [id, own] of [...this.#members]) {
      const key = entryKey(session(), own.roomId, own.member.userId);
      const found = state.find(key);
      if (found === undefined || found.standing === "missing") {
        own.revision = undefined;
        ids.add(id);
      } else {
        own.revision ??= found.entry.revision;
        this.see(key, own.roomId, own.member.userId);
      }
    }
    for (const { entry } of state.entriesOf(session())) {
      const id = idOf(entry.roomId, entry.member.userId);
      if (!this.#members.has(id)) ids.add(id);
    }
    return [...ids];
  }

  async #forget(own: OwnMember): Promise<void> {
    const id = idOf(own.roomId, own.member.userId);
    if (this.#members.get(id) !== own) return;
    this.#members.delete(id);
    await this.#write(id);
  }

  /** Makes the bucket say what is so at the moment; a failure is made good by {@link restore}. */
  #write(id: string): Promise<void> {
    return this.#turns.run(id, async () => {
      const own = this.#members.get(id);
      if (own?.revision !== undefined) return;
      const [roomId, userId] = JSON.parse(id) as [string, string];
      const session = this.#options.session();
      const key = entryKey(session, roomId, userId);
      try {
        const bucket = this.#options.bucket();
        if (own === undefined) {
          await this.#options.seen(await bucket.delete(key));
          return;
        }
        const revision = await bucket.put(key, encodeEntry(own.value));
        // What was written for a session that has ended since counts for nothing.
        if (session !== this.#options.session()) return;
        own.revision = revision;
        this.see(key, roomId, userId);
      } catch {
        this.#isBehind = true;
      }
    });
  }
}

function idOf(roomId: string, userId: string): string {
  return JSON.stringify([roomId, userId]);
}
