import { Code, ConnectError, type ContextKey, createContextKey, type HandlerContext } from "@connectrpc/connect";

/** Where the request gate leaves the user of the call's token; undefined when the server asks for none. */
export const tokenUserKey: ContextKey<string | undefined> = createContextKey<string | undefined>(undefined, {
  description: "im token user",
});

/**
 * The user that a call acts for: the one it names, which must be the token's, or else the token's. Empty when there is
 * neither. Throws PERMISSION_DENIED.
 */
export function callerOf(context: HandlerContext, named: string): string {
  const tokenUser = context.values.get(tokenUserKey);
  if (tokenUser !== undefined && named !== "" && named !== tokenUser) {
    throw new ConnectError(`the token is not that of user "${named}"`, Code.PermissionDenied);
  }
  return tokenUser ?? named;
}

/** As {@link callerOf}, but there must be one: INVALID_ARGUMENT without. */
export function requireCaller(context: HandlerContext, named: string, maxIdLength: number): string {
  return requireId("user_id", callerOf(context, named), maxIdLength);
}

/** An id as it is; throws INVALID_ARGUMENT that names the field when it is empty or too long. */
export function requireId(field: string, id: string, maxLength: number): string {
  if (id === "") throw new ConnectError(`${field} is empty`, Code.InvalidArgument);
  return checkId(field, id, maxLength);
}

/** An id that may be empty; throws INVALID_ARGUMENT that names the field when it is too long. */
export function checkId(field: string, id: string, maxLength: number): string {
  if (id.length <= maxLength) return id;
  throw new ConnectError(`${field} is ${id.length} characters long: want at most ${maxLength}`, Code.InvalidArgument);
}
