import {
  createInbox,
  errors,
  type Msg,
  type MsgHdrs,
  type NatsConnection,
} from "@nats-io/nats-core";
import type { Connection } from "./connection.ts";
import { toLocalError } from "./local_error.ts";

/** The one object through which this library uses a connection of the user's. */
export interface Border {
  /**
   * Inherits from the user's connection; its requests reject with errors of *our* copy of
   * nats-core, so that the official clients on top of it recognise them.
   */
  readonly nc: NatsConnection;
  /** Interim. */
  call(subject: string, payload: Uint8Array, options: CallOptions): Promise<Msg>;
  /** Makes something once for each connection, on first use. */
  once<T>(key: symbol, make: (nc: NatsConnection) => T): T;
}

export interface CallOptions {
  timeoutMs: number;
  headers?: MsgHdrs | undefined;
  signal?: AbortSignal | undefined;
  replySuffix?: string | undefined;
  onAbandoned?: ((reply: string) => void) | undefined;
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
  return border;
}

function createBorder(foreign: NatsConnection): Border {
  const request: NatsConnection["request"] = async (subject, payload, options) => {
    try {
      return await foreign.request(subject, payload, options);
    } catch (error) {
      throw toLocalError(error, errors);
    }
  };
  const nc: NatsConnection = Object.create(foreign, { request: { value: request } });
  const call: Border["call"] = (subject, payload, o) =>
    new Promise((resolve, reject) => {
      const reply = createInbox() + "." + (o.replySuffix ?? "x");
      const end = () => {
        clearTimeout(timer);
        sub.unsubscribe();
        o.signal?.removeEventListener("abort", onAbort);
      };
      const onAbort = () => {
        end();
        reject(o.signal!.reason);
        o.onAbandoned?.(reply);
      };
      const sub = foreign.subscribe(reply, {
        callback: (e, m) => {
          end();
          if (e) reject(e);
          else if (m.headers?.code === 503 && m.data.length === 0) {
            reject(new errors.NoRespondersError(subject));
          } else resolve(m);
        },
      });
      const timer = setTimeout(() => {
        end();
        reject(new errors.TimeoutError());
      }, o.timeoutMs);
      if (o.signal?.aborted) return onAbort();
      o.signal?.addEventListener("abort", onAbort);
      foreign.publish(subject, payload, { reply, ...(o.headers && { headers: o.headers }) });
    });
  const made = new Map<symbol, unknown>();
  return {
    nc,
    call,
    once<T>(key: symbol, make: (nc: NatsConnection) => T): T {
      if (!made.has(key)) made.set(key, make(nc));
      return made.get(key) as T;
    },
  };
}
