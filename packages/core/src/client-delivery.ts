import { ClientJournal } from "./delivery/client-journal.ts";
import type { Gap } from "./delivery/gap.ts";
import { HandlerConsumer } from "./delivery/handler-consumer.ts";
import { Inbox } from "./delivery/inbox.ts";
import { JoinedRooms } from "./delivery/joined-rooms.ts";
import { Outbox } from "./delivery/outbox.ts";
import { RoomPositions } from "./delivery/room-positions.ts";
import type { EventHub } from "./events/event-hub.ts";
import type { ImEvents } from "./events/im-events.ts";
import type { ResolvedImClientOptions } from "./im-client-options.ts";
import { ImError } from "./im-error.ts";

/** The parts of a client that outlive its connections: what is to be sent, what was received, and how far. */
export function createDelivery(options: ResolvedImClientOptions, events: EventHub<ImEvents>) {
  const { userId, store, acknowledge, clock } = options;
  const onError = (error: ImError) => void events.emit("error", error);
  const onGap = (gap: Gap) => void events.emit("gap", gap);
  const journal = store && new ClientJournal({ store, userId, onError });
  const outbox = new Outbox({
    options: options.outbox,
    clock,
    journal,
    onOrphanSettled({ messageId, roomId }, outcome) {
      const ending = outcome instanceof ImError ? { error: outcome } : { receipt: outcome };
      void events.emit("settled", { messageId, roomId, ...ending });
    },
  });
  const positions = new RoomPositions({
    onGap,
    onDiscarded: () => inbox.checkRoom(),
    waitsForAcknowledge: acknowledge === "manual" || journal !== undefined,
    ...(journal && { onMoved: (roomId, position) => journal.moveCursor(roomId, position) }),
  });
  const rooms = new JoinedRooms({ userId, positions, onLost: (_, error) => onError(error) });
  const inbox = new Inbox({ positions, acknowledge, onGap, positionsKept: journal && (() => journal.written()) });
  inbox.add(
    new HandlerConsumer(
      ({ message }) => events.emit("message", message),
      { ...options.inbox, onGap, onCrowded: inbox.onCrowded },
      () => events.has("message"),
    ),
  );

  let restoring: Promise<void> | undefined;
  /** Takes over what an earlier process has left; once, unless it fails. */
  async function restore(): Promise<void> {
    restoring ??= journal?.load(({ messages, cursors }) => {
      positions.restore(cursors);
      outbox.restore(messages);
    });
    await restoring?.catch((reason: unknown) => {
      restoring = undefined;
      throw reason;
    });
  }

  return { outbox, positions, rooms, inbox, restore, closeStore: () => journal?.close() };
}
