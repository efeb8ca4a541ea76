import assert from "node:assert/strict";
import { ImError, type ImErrorCode } from "../im-error.ts";

/** For `assert.rejects` and `assert.throws`: an ImError with this code whose message has all of these words. */
export function hasCode(code: ImErrorCode, ...words: string[]): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof ImError, String(error));
    assert.equal(error.code, code, error.message);
    for (const word of words) assert.ok(error.message.includes(word), `"${error.message}" does not name ${word}`);
    return true;
  };
}
