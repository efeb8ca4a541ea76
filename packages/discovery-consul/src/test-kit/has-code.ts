import assert from "node:assert/strict";
import { RegistryError, type RegistryErrorCode } from "@im-sdk/contracts";

/** For `assert.rejects`: a RegistryError with this code whose message has all of these words. */
export function hasCode(code: RegistryErrorCode, ...words: string[]): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof RegistryError, String(error));
    assert.equal(error.code, code, error.message);
    for (const word of words) assert.ok(error.message.includes(word), `"${error.message}" does not name ${word}`);
    return true;
  };
}
