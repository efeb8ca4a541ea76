import type { AccessToken } from "@im-sdk/core";

/** Stands for a request to your login service. The client asks again in time before the token expires. */
export async function fetchToken(): Promise<AccessToken> {
  return { token: "token-of-ada", expiresAt: new Date(Date.now() + 3_600_000) };
}
