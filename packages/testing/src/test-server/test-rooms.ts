import { TestRoom } from "./test-room.ts";

/** The rooms by id; one is made when it is first joined or posted to. */
export class TestRooms {
  readonly #rooms = new Map<string, TestRoom>();

  get all(): TestRoom[] {
    return [...this.#rooms.values()];
  }

  find(id: string): TestRoom | undefined {
    return this.#rooms.get(id);
  }

  open(id: string): TestRoom {
    const room = this.#rooms.get(id) ?? new TestRoom(id);
    this.#rooms.set(id, room);
    return room;
  }

  clear(): void {
    this.#rooms.clear();
  }
}
