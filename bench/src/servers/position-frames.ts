import { MessageType } from "@im-sdk/gen";
import type { FrameWriter } from "../wire/frame-writer.ts";
import type { ScannedRequest } from "../wire/scanned-request.ts";
import { writeVarint } from "../wire/varint.ts";

/** Tags of the fields 100 (`sequence`), 101 (`epoch`) and 102 (`previous_sequence`), which AckContent has in common. */
const sequenceTag = Buffer.of(0xa0, 0x06);
const epochTag = Buffer.of(0xaa, 0x06);
const previousSequenceTag = Buffer.of(0xb0, 0x06);
const maxVarintBytes = 8;

/** Writes, byte by byte because that is cheap, the answers to a message of one room: its ACK, and itself with its position. */
export class PositionFrames {
  readonly #frames: FrameWriter;
  readonly #epoch: Buffer;
  #sequence = 0;

  constructor(frames: FrameWriter, epoch: string) {
    this.#frames = frames;
    this.#epoch = Buffer.concat([epochTag, Buffer.of(epoch.length), Buffer.from(epoch)]);
  }

  /** Of the last message. */
  get sequence(): number {
    return this.#sequence;
  }

  add(request: Buffer, scanned: ScannedRequest): void {
    this.#sequence++;
    this.#addAck(request, scanned);
    const { end } = scanned;
    this.#frames.add(end + this.#positionBytes + 2 + maxVarintBytes, (target, start) => {
      const offset = this.#writePosition(target, start + request.copy(target, start, 0, end));
      target.set(previousSequenceTag, offset);
      return writeVarint(target, offset + 2, this.#sequence - 1);
    });
  }

  #addAck(request: Buffer, { idEnd, roomStart, roomEnd }: ScannedRequest): void {
    const maxContentBytes = idEnd + 2 + this.#positionBytes;
    this.#frames.add(roomEnd - roomStart + 3 + maxVarintBytes + maxContentBytes, (target, start) => {
      let offset = start + request.copy(target, start, roomStart, roomEnd);
      target[offset++] = 0x20;
      target[offset++] = MessageType.ACK;
      // The length of the content goes where one byte, or two, were left for it.
      target[offset++] = 0x2a;
      const lengthBytes = maxContentBytes < 0x80 ? 1 : 2;
      const contentStart = offset + lengthBytes;
      const contentEnd = this.#writeAck(target, contentStart, request, idEnd);
      const length = contentEnd - contentStart;
      target[offset] = lengthBytes === 1 ? length : (length & 0x7f) | 0x80;
      if (lengthBytes === 2) target[offset + 1] = length >>> 7;
      return contentEnd;
    });
  }

  /** The id's field is the same in an AckContent, `success` is field 2. */
  #writeAck(target: Buffer, start: number, request: Buffer, idEnd: number): number {
    let offset = start + request.copy(target, start, 0, idEnd);
    target[offset++] = 0x10;
    target[offset++] = 1;
    offset = this.#writePosition(target, offset);
    return offset;
  }

  get #positionBytes(): number {
    return 2 + maxVarintBytes + this.#epoch.length;
  }

  #writePosition(target: Buffer, start: number): number {
    target.set(sequenceTag, start);
    const offset = writeVarint(target, start + 2, this.#sequence);
    target.set(this.#epoch, offset);
    return offset + this.#epoch.length;
  }
}
