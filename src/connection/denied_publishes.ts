import { errors, type NatsConnection, type QueuedIterator, type Status } from "@nats-io/nats-core";
import { borderOf } from "./border.ts";
import type { Connection } from "./connection.ts";
import { toLocalError } from "./local_error.ts";

/** Hears that the server has refused a message on a subject, with what it says. */
export type OnDenied = (error: Error, subject: string) => void;

const KEY = Symbol("deniedPublishes");

/**
 * Hears of messages that the user may not publish: the server says so later, of no message in
 * particular, and drops them.
 *
 * Requests through the border fail by themselves; this is for what is published without one.
 */
export function onDeniedPublish(connection: Connection, onDenied: OnDenied): Disposable {
  return borderOf(connection).once(KEY, (nc) => new DeniedPublishes(nc)).listen(onDenied);
}

/** One ear for all of a connection, open as long as somebody listens. */
class DeniedPublishes {
  readonly #nc: NatsConnection;
  readonly #listeners = new Set<OnDenied>();
  #statuses: QueuedIterator<Status> | undefined;

  constructor(nc: NatsConnection) {
    this.#nc = nc;
  }

  listen(onDenied: OnDenied): Disposable {
    // Each listener is another one, also if the same function listens twice.
    const listener: OnDenied = (error, subject) => onDenied(error, subject);
    this.#listeners.add(listener);
    if (this.#statuses === undefined) void this.#run();
    return {
      [Symbol.dispose]: () => {
        this.#listeners.delete(listener);
        if (this.#listeners.size > 0) return;
        this.#statuses?.stop();
        this.#statuses = undefined;
      },
    };
  }

  /** Ends with the connection, or when nobody listens any more. It never rejects. */
  async #run(): Promise<void> {
    const statuses = this.#statuses = this.#nc.status() as QueuedIterator<Status>;
    for await (const status of statuses) {
      if (status.type !== "error") continue;
      const error = toLocalError(status.error, errors);
      if (!(error instanceof errors.PermissionViolationError)) continue;
      if (error.operation !== "publish") continue;
      for (const listener of this.#listeners) listener(error, error.subject);
    }
  }
}
