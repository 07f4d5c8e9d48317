import type { Msg, NatsConnection } from "@nats-io/nats-core";
import { isReplaced, natsRequest } from "./_nats_request.ts";
import type { CallOptions } from "./call_options.ts";
import type { Connection } from "./connection.ts";
import { Multiplexer } from "./multiplexer.ts";

/** The one object through which this library uses a connection of the user's. */
export interface Border {
  /**
   * Inherits from the user's connection. Its `request()` runs through the multiplexer, and rejects
   * with errors of *our* copy of nats-core, so that the official clients on top recognise them.
   */
  readonly nc: NatsConnection;
  /** Whether somebody put a `request()` of their own in front of the client's, to see what passes. */
  readonly isWatched: boolean;
  /** How many requests wait for their reply. */
  readonly inFlight: number;
  /** Sends a request and waits for one reply; see {@linkcode Multiplexer.call}. */
  call(
    subject: string,
    payload: Uint8Array | string | undefined,
    options: CallOptions,
  ): Promise<Msg>;
  /** The same for callers with a promise of their own; see {@linkcode Multiplexer.exchange}. */
  exchange(
    subject: string,
    payload: Uint8Array | string | undefined,
    options: CallOptions,
    resolve: (reply: Msg) => void,
    reject: (error: unknown) => void,
  ): void;
  /** Makes something once for each connection, on first use. */
  once<T>(key: symbol, make: (nc: NatsConnection) => T): T;
}

const borders = new WeakMap<Connection, Border>();

/**
 * The border of a connection: made on first use, and the same one for all modules.
 *
 * @throws {TypeError} If the value is not a connection.
 */
export function borderOf(connection: Connection): Border {
  const known = borders.get(connection);
  if (known !== undefined) return known;
  if (typeof connection?.request !== "function" || typeof connection.publish !== "function") {
    throw new TypeError(
      `Cannot use a value as NATS connection as it must come from connect(): current value is ` +
        `${connection === null ? "null" : typeof connection}`,
    );
  }
  const border = createBorder(connection as unknown as NatsConnection);
  borders.set(connection, border);
  borders.set(border.nc, border);
  return border;
}

function createBorder(foreign: NatsConnection): Border {
  const multiplexer = new Multiplexer(foreign);
  const nc = inherit(foreign, multiplexer);
  const made = new Map<symbol, unknown>();
  const isWatched = isReplaced(foreign);
  const call: Border["call"] = isWatched
    ? callReplaced(nc, multiplexer)
    : (subject, payload, options) => multiplexer.call(subject, payload, options);
  return {
    nc,
    isWatched,
    get inFlight() {
      return multiplexer.inFlight;
    },
    call,
    exchange: isWatched
      ? (subject, payload, options, resolve, reject) =>
        void call(subject, payload, options).then(resolve, reject)
      : (subject, payload, options, resolve, reject) =>
        multiplexer.exchange(subject, payload, options, resolve, reject),
    once<T>(key: symbol, make: (nc: NatsConnection) => T): T {
      if (!made.has(key)) made.set(key, make(nc));
      return made.get(key) as T;
    },
  };
}

/** What the user's own `request()` can do goes through it. */
function callReplaced(nc: NatsConnection, multiplexer: Multiplexer): Border["call"] {
  return (subject, payload, options) => {
    const { timeoutMs: timeout, headers, signal, replySuffix } = options;
    if (signal !== undefined || replySuffix !== undefined) {
      return multiplexer.call(subject, payload, options);
    }
    return nc.request(subject, payload, { timeout, ...(headers !== undefined && { headers }) });
  };
}

function inherit(foreign: NatsConnection, multiplexer: Multiplexer): NatsConnection {
  return Object.create(foreign, {
    request: { value: natsRequest(foreign, multiplexer) },
    // The client notes on `this` that it drains: that must be the user's object.
    drain: { value: () => foreign.drain() },
  });
}
