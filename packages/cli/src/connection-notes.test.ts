import assert from "node:assert/strict";
import { test } from "node:test";
import type { Gap } from "@im-sdk/core";
import { gapText } from "./connection-notes.ts";

test("a gap is told by what is missing: a part, a whole log, or what nobody can tell", () => {
  const at = (sequence: bigint, epoch = "e") => ({ epoch, sequence });
  const gap = { roomId: "a\nb", reason: "not_in_log", after: at(3n), upTo: at(7n) } satisfies Gap;
  assert.equal(gapText(gap), "messages of a\\nb after 3 up to 7 are missing: the server no longer has them");
  assert.match(
    gapText({ ...gap, upTo: at(0n, "other") }),
    /begins anew on the server: .* after message 3 may be lost$/,
  );
  assert.match(gapText({ ...gap, reason: "no_cursor", after: undefined, upTo: undefined }), /may have been missed/);
});
