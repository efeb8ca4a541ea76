import { ConnectError } from "@connectrpc/connect";
import type { ResponseStatus } from "@im-sdk/gen";
import { ImError, imErrorCode } from "./im-error.ts";

/** 0 is success, and so is 200, which some services send; a missing status is success as well. */
export function isSuccess(status: ResponseStatus | undefined): boolean {
  return status === undefined || status.code === 0 || status.code === 200;
}

/** Throws when a reply carries a refusal in its body. */
export function assertSuccess(status: ResponseStatus | undefined, what: string): void {
  if (status === undefined || isSuccess(status)) return;
  const { code, message } = status;
  const why = message === "" ? `status ${code}` : message;
  throw new ImError(imErrorCode(code), `${what}: ${why}`, {
    cause: new ConnectError(why, code >= 1 && code <= 16 ? code : undefined),
  });
}
