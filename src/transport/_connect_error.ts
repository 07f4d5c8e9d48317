import { fromNatsError } from "../connection/mod.ts";
import { type Code, ShizukuError } from "../core/mod.ts";
import { type ConnectOptions, serversOf } from "./_connect_options.ts";

/** What the client says of faults that do not pass, which its error classes do not tell apart. */
const LASTING: readonly (readonly [RegExp, Code])[] = [
  [/does not support 'tls'|'tls' is not available/, "failed_precondition"],
  [/ doesn't exist$/, "invalid_argument"],
  [/WebSocket.* (?:is not defined|variable)|find variable: WebSocket/, "unimplemented"],
];

const SILENT = "the platform does not say why";

/** The error of a connection that could not be made: one code for each reason, on every transport. */
export function toConnectError(thrown: unknown, options: ConnectOptions): ShizukuError {
  const servers = serversOf(options).join(", ") || "the server on this machine";
  const action = `Cannot connect to ${servers}`;
  if (isTlsRefused(thrown, options)) {
    const message = `${action} as the server must do without TLS, which tls: null asks for`;
    return new ShizukuError("failed_precondition", message, { stage: "call", cause: thrown });
  }
  // Browsers tell nobody why a socket cannot be opened.
  const message = (thrown instanceof Error ? thrown.message : String(thrown)) || SILENT;
  const code = LASTING.find(([pattern]) => pattern.test(message))?.[1];
  if (code === undefined && message !== SILENT) return fromNatsError(thrown, action);
  return new ShizukuError(code ?? "unavailable", `${action}: ${message}`, {
    stage: "call",
    cause: thrown,
  });
}

/** With `tls: null` the client fails in its own code when the server asks for TLS. */
function isTlsRefused(thrown: unknown, { tls }: ConnectOptions): boolean {
  const cause = (thrown as { cause?: { name?: unknown } } | undefined)?.cause;
  return tls === null && cause?.name === "TypeError";
}
