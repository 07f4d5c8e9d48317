import type { errors } from "@nats-io/nats-core";

type CoreErrors = typeof errors;

/** What errors of nats-core carry, taken together. */
interface Foreign {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly cause?: unknown;
  readonly subject?: string;
  readonly operation?: "publish" | "subscription";
  readonly queue?: string;
}

/** Makes the same error of our copy; the cause is translated already. */
const MAKERS: {
  readonly [Name in keyof CoreErrors]: (
    local: CoreErrors,
    foreign: Foreign,
    options: ErrorOptions,
  ) => Error;
} = {
  AuthorizationError: (local, { message }, options) =>
    new local.AuthorizationError(message, options),
  ClosedConnectionError: (local) => new local.ClosedConnectionError(),
  ConnectionError: (local, { message }, options) => new local.ConnectionError(message, options),
  DrainingConnectionError: (local) => new local.DrainingConnectionError(),
  InvalidArgumentError: (local, { message }, options) =>
    new local.InvalidArgumentError(message, options),
  InvalidOperationError: (local, { message }, options) =>
    new local.InvalidOperationError(message, options),
  InvalidSubjectError: (local, { message }, options) =>
    new local.InvalidSubjectError(/^illegal subject: '([^]*)'$/.exec(message)?.[1] ?? "", options),
  NoRespondersError: (local, { subject }, options) =>
    new local.NoRespondersError(subject ?? "", options),
  PermissionViolationError: (local, { message, operation, subject, queue }, options) =>
    new local.PermissionViolationError(
      message,
      operation ?? "publish",
      subject ?? "",
      queue,
      options,
    ),
  ProtocolError: (local, { message }, options) => new local.ProtocolError(message, options),
  RequestError: (local, { message }, options) => new local.RequestError(message, options),
  TimeoutError: (local, _, options) => new local.TimeoutError(options),
  UserAuthenticationExpiredError: (local, { message }, options) =>
    new local.UserAuthenticationExpiredError(message, options),
};

/**
 * Translates an error of a foreign copy of nats-core into the same error of ours, with its stack.
 *
 * The official JetStream client retries only what `instanceof` recognises, and across two copies
 * of a package that recognises nothing. What is not an error of nats-core passes through.
 *
 * @param thrown What the connection rejected with.
 * @param local The error classes of our copy.
 */
export function toLocalError(thrown: unknown, local: CoreErrors): unknown {
  if (!isNamed(thrown)) return thrown;
  // The one class whose errors do not bear its name.
  const name = thrown.name === "NoResponders" ? "NoRespondersError" : thrown.name;
  if (!isCoreError(name) || thrown instanceof local[name]) return thrown;
  const cause = toLocalError(thrown.cause, local);
  const error = MAKERS[name](local, thrown, cause === undefined ? {} : { cause });
  if (thrown.stack !== undefined) error.stack = thrown.stack;
  return error;
}

function isCoreError(name: string): name is keyof CoreErrors {
  return Object.hasOwn(MAKERS, name);
}

function isNamed(value: unknown): value is Foreign {
  return typeof value === "object" && value !== null &&
    typeof (value as { name?: unknown }).name === "string";
}
