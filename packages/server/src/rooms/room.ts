import type { Clock } from "@im-sdk/contracts";
import type { MessageResponse } from "@im-sdk/gen";
import type { Appended, LogHead, RoomLog } from "../log/room-log.ts";
import { isPromise, type MaybePromise } from "../maybe-promise.ts";
import type { ResolvedRoomOptions } from "../options/room-options.ts";
import { CaughtUpFrames } from "./caught-up-frames.ts";
import { fanOut } from "./fan-out.ts";
import type { Subscription } from "./subscription.ts";

/** What a {@link Room} is made of. */
export interface RoomParts {
  readonly id: string;
  readonly log: RoomLog;
  readonly options: ResolvedRoomOptions;
  readonly clock: Clock;
}

/** One room on this server: its log, its options, and the streams that are in it. */
export class Room {
  readonly id: string;
  readonly log: RoomLog;
  options: ResolvedRoomOptions;
  readonly subscriptions = new Set<Subscription>();
  caughtUpFrames: CaughtUpFrames = new CaughtUpFrames();
  /** Joins that have not ended, of streams and without a stream. */
  joins = 0;
  /** When the room was last posted to, joined or left, in ms since the Unix epoch. */
  touchedAtMs: number;
  readonly #clock: Clock;
  readonly #unfollow: () => void;
  #epoch: string | undefined;
  #newest = 0n;
  #pending = 0;

  constructor({ id, log, options, clock }: RoomParts) {
    this.id = id;
    this.log = log;
    this.options = options;
    this.#clock = clock;
    this.touchedAtMs = clock.now();
    this.#unfollow = log.follow((entry) => {
      this.sawHead(entry.message);
      fanOut(entry, this.subscriptions);
    });
  }

  /** Position of the newest message that the log has told of. */
  get newest(): bigint {
    return this.#newest;
  }

  /**
   * The log holds messages up to here; those stored before this server opened the room are never told. In another epoch than
   * before, whoever is in the room begins with the first message that is kept of it: no position of the last one means anything.
   */
  sawHead({ epoch, sequence }: Pick<LogHead, "epoch" | "sequence">): void {
    const isAnew = this.#epoch !== undefined && epoch !== this.#epoch;
    this.#epoch = epoch;
    if (isAnew || sequence > this.#newest) this.#newest = sequence;
    if (!isAnew) return;
    this.caughtUpFrames = new CaughtUpFrames();
    for (const subscription of this.subscriptions) subscription.start(0n);
  }

  /** Nobody is in, and no message is on its way in. */
  get isEmpty(): boolean {
    return this.joins === 0 && this.#pending === 0;
  }

  /** Stores a message; those of one room are stored, and answered, in the order of the calls, however long the log takes. */
  post(message: MessageResponse, duplicateKey: string | undefined): MaybePromise<Appended> {
    this.touchedAtMs = this.#clock.now();
    const appended = this.log.append(message, duplicateKey);
    if (isPromise(appended)) {
      this.#pending += 1;
      const settle = () => {
        this.#pending -= 1;
      };
      appended.then(settle, settle);
    }
    return appended;
  }

  /** Drops what is no longer to be kept, and the streams that wait for it. */
  async prune(): Promise<void> {
    this.log.prune();
    const { floor } = await this.log.head();
    for (const subscription of this.subscriptions) subscription.checkReach(floor);
  }

  close(): void {
    this.#unfollow();
    this.log.close();
  }
}
