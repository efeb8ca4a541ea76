import type { RoomLogSet, RoomLogSubject } from "./room-log-set.ts";

/** What a log may go without, and still be one. */
export type RoomLogAbility =
  /** What is stored is there after `restart`. */
  | "restarts"
  /** Ages go by the clock that it was given. */
  | "clock"
  /** Old messages and ids leave as soon as there are too many. */
  | "exact bounds";

/** Options of `testRoomLog`. */
export interface RoomLogSuiteOptions {
  /** Name of the suite in the report. */
  readonly name: string;
  /** Abilities that the log does not have; there are no tests of them then. Default: none. */
  readonly without?: readonly RoomLogAbility[];
  /** Makes a store; called for every test. */
  create(): RoomLogSubject | Promise<RoomLogSubject>;
}

/** What the parts of the suite are registered with. */
export interface RoomLogSuite {
  /** Gives a test a store of its own. */
  on(run: (set: RoomLogSet) => Promise<void>): Promise<void>;
  /** Registers a test that is for logs with all of these. */
  where(abilities: readonly RoomLogAbility[], title: string, run: () => Promise<void>): void;
}
