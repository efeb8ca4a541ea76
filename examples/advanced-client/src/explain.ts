import { ImError } from "@im-sdk/core";

/** What to do about an error, by its code; never by its text. */
export function explain(error: unknown): string {
  if (!(error instanceof ImError)) throw error;
  switch (error.code) {
    case "expired":
      return `expired: it never left, so sending it again is safe (${error.message})`;
    case "unknown":
      return `unknown: it may have arrived, so send it again under the same message id (${error.message})`;
    case "rejected":
      return `rejected: the server said no (${error.message})`;
    case "not_found":
      return `not_found: check the id (${error.message})`;
    default:
      return `${error.code}: ${error.retryable ? "try later" : "trying again will not help"} (${error.message})`;
  }
}
