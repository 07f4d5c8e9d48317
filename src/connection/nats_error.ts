import { type Code, ShizukuError, type Stage } from "../core/mod.ts";

const CODE_OF_NAME: Readonly<Record<string, Code>> = {
  NoResponders: "unavailable",
  TimeoutError: "deadline_exceeded",
  ClosedConnectionError: "unavailable",
  DrainingConnectionError: "unavailable",
  ConnectionError: "unavailable",
  PermissionViolationError: "permission_denied",
  AuthorizationError: "unauthenticated",
  UserAuthenticationExpiredError: "unauthenticated",
  InvalidSubjectError: "invalid_argument",
  InvalidArgumentError: "invalid_argument",
};

/**
 * Makes an error of this library of one from a NATS client, recognised by its name.
 *
 * @param thrown What the client rejected with.
 * @param action What was tried, to begin the message with: `Cannot call rpc.flights`.
 */
export function fromNatsError(
  thrown: unknown,
  action: string,
  stage: Stage = "call",
): ShizukuError {
  if (ShizukuError.is(thrown)) return thrown;
  const chain = [thrown, (thrown as { cause?: unknown } | undefined)?.cause];
  for (const error of chain) {
    const { name, message } = (error ?? {}) as { name?: string; message?: string };
    const code = name === undefined ? undefined : CODE_OF_NAME[name];
    if (code !== undefined) {
      const reason = name === "NoResponders" ? "nobody answers there" : message;
      return new ShizukuError(code, `${action}: ${reason}`, { stage, cause: thrown });
    }
  }
  const name = (thrown as { name?: unknown } | undefined)?.name;
  if (name === "AbortError") return ShizukuError.from(thrown, stage);
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return new ShizukuError("unavailable", `${action}: ${reason}`, { stage, cause: thrown });
}
