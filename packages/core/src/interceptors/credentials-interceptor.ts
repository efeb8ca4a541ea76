import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { type CredentialsInterceptorOptions, TokenCache } from "./token-cache.ts";

/**
 * Sends `authorization: Bearer …` with every call. Concurrent calls share one question to the provider; it is asked again
 * before the token expires, and once more when the server answers UNAUTHENTICATED to a token that was kept: a unary call
 * is then tried again with the new one. What the provider throws fails the call.
 */
export function createCredentialsInterceptor(options: CredentialsInterceptorOptions): Interceptor {
  return interceptWithTokens(new TokenCache(options));
}

/** {@link createCredentialsInterceptor} on tokens that somebody else may drop, too. */
export function interceptWithTokens(tokens: TokenCache): Interceptor {
  return (next) => async (request) => {
    const used = await tokens.get();
    request.header.set("authorization", `Bearer ${used.token}`);
    try {
      return await next(request);
    } catch (error) {
      if (ConnectError.from(error).code !== Code.Unauthenticated) throw error;
      const wasKept = tokens.discard(used);
      if (!wasKept || request.stream) throw error;
      request.header.set("authorization", `Bearer ${(await tokens.get()).token}`);
      return await next(request);
    }
  };
}
