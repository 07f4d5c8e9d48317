import { errors, type NatsConnection, type RequestOptions } from "@nats-io/nats-core";
import { toLocalError } from "./local_error.ts";
import type { Multiplexer } from "./multiplexer.ts";

/**
 * Makes a `request()` that behaves like the client's and runs through the multiplexer.
 *
 * What the multiplexer does not offer (`noMux`, `reply`, traces) goes to the client's own. So does
 * everything if somebody put a `request()` of their own in front of the client's, to watch it or to
 * let it fail: they want to see what passes.
 */
export function natsRequest(
  foreign: NatsConnection,
  multiplexer: Multiplexer,
): NatsConnection["request"] {
  const throughClient: NatsConnection["request"] = async (subject, payload, options) => {
    try {
      return await foreign.request(subject, payload, options);
    } catch (thrown) {
      throw toLocalError(thrown, errors);
    }
  };
  if (isReplaced(foreign)) return throughClient;
  return (subject, payload, options) => {
    if (options !== undefined && needsClient(options)) {
      return throughClient(subject, payload, options);
    }
    const timeoutMs = options?.timeout || 1000;
    if (timeoutMs < 1) {
      const message = "must be greater than 0";
      return Promise.reject(errors.InvalidArgumentError.format("timeout", message));
    }
    return multiplexer.call(subject, payload, { timeoutMs, headers: options?.headers });
  };
}

function needsClient({ noMux, reply, traceDestination, traceOnly }: RequestOptions): boolean {
  return Boolean(noMux || reply || traceDestination !== undefined || traceOnly !== undefined);
}

/** Whether `request` is not a method of the client's class, so that somebody watches what passes. */
export function isReplaced(nc: NatsConnection): boolean {
  let owner: object | null = nc;
  while (owner !== null && !Object.hasOwn(owner, "request")) owner = Object.getPrototypeOf(owner);
  return owner !== null && !Object.hasOwn(owner, "constructor");
}
