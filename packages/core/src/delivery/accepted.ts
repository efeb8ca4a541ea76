/** A message that was not seen before, or is to be handed out again. */
export interface Accepted {
  /** Its handler says so: the room is read past it. */
  acknowledge(): void;
  /** Its consumers are done with it. */
  onDone(): void;
  /** It is handed out again, and was acknowledged after all before anybody looked at it. */
  isObsolete?: () => boolean;
}

/** Where a message is read by being accepted. */
export const acceptedForGood: Accepted = { acknowledge() {}, onDone() {} };
