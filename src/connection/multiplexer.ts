import {
  createInbox,
  errors,
  type Msg,
  type NatsConnection,
  type PublishOptions,
  type Status,
  type Subscription,
} from "@nats-io/nats-core";
import { AbortWatch } from "./_abort_watch.ts";
import { CallTable } from "./_call_table.ts";
import { DeadlineSweep } from "./_deadline_sweep.ts";
import { PendingCall } from "./_pending_call.ts";
import { readToken } from "./_token.ts";
import type { AbortSource } from "./abort_source.ts";
import type { CallOptions } from "./call_options.ts";
import { inboxPrefixOf } from "./inbox_prefix.ts";
import { toLocalError } from "./local_error.ts";

type Payload = Uint8Array | string | undefined;

/** A request that waits for the connection to come back. */
interface Held {
  call: PendingCall;
  payload: Payload;
  options: CallOptions;
}

/**
 * Requests over one inbox subscription, in place of the client's own `request()`.
 *
 * The client spends a captured stack, a promise race and a timer on each request; here each costs a
 * place in an array. The subscription and the events of the connection are asked for with the first
 * call and end with the connection.
 */
export class Multiplexer {
  readonly #nc: NatsConnection;
  readonly #calls = new CallTable();
  readonly #sweep = new DeadlineSweep(
    this.#calls,
    (call) => this.#reject(call, new errors.TimeoutError()),
  );
  readonly #aborts = new AbortWatch((call) => this.#abandon(call));
  #inbox: Subscription | undefined;
  #prefix = "";
  #listening = false;
  #offline = false;
  #ended = false;
  #held: Held[] = [];

  /** @param nc The user's connection. */
  constructor(nc: NatsConnection) {
    this.#nc = nc;
  }

  /** How many calls wait for their reply. */
  get inFlight(): number {
    return this.#calls.size;
  }

  /**
   * Sends a request and waits for one reply.
   *
   * Rejects like the client's `request()`, with errors of our copy of nats-core: `TimeoutError`,
   * `RequestError` with its cause (nobody answers, no permission, connection lost),
   * `ClosedConnectionError`, `DrainingConnectionError`. What is in flight when the connection is
   * lost rejects at once, since its reply may be lost too; what is asked meanwhile is sent when it
   * is back.
   */
  call(subject: string, payload: Payload, options: CallOptions): Promise<Msg> {
    return new Promise((resolve, reject) =>
      this.exchange(subject, payload, options, resolve, reject)
    );
  }

  /** As {@linkcode call}, for callers with a promise of their own. Never throws. */
  exchange(
    subject: string,
    payload: Payload,
    options: CallOptions,
    resolve: (reply: Msg) => void,
    reject: (error: unknown) => void,
  ): void {
    const now = performance.now();
    const call = new PendingCall(subject, now + options.timeoutMs, resolve, reject);
    call.takesPart = options.takesPart;
    try {
      this.#open(options);
      this.#calls.add(call);
      if (options.signal !== undefined) this.#watch(options.signal, call, options);
      this.#sweep.watch(call, now);
      if (this.#offline) this.#held.push({ call, payload, options });
      else this.#send(call, payload, options);
    } catch (thrown) {
      this.#calls.delete(call);
      this.#reject(call, toLocalError(thrown, errors));
    }
  }

  /** Refuses the call, or makes sure that its reply can be heard. */
  #open({ signal, timeoutMs }: CallOptions): void {
    if (signal?.aborted) throw signal.reason;
    if (!(timeoutMs > 0)) {
      throw new RangeError(
        `Cannot send a request as timeoutMs must be > 0: current value is ${timeoutMs}`,
      );
    }
    if (this.#ended || this.#nc.isClosed()) throw new errors.ClosedConnectionError();
    if (this.#nc.isDraining()) throw new errors.DrainingConnectionError();
    if (this.#inbox === undefined) this.#subscribe();
  }

  #subscribe(): void {
    const inbox = createInbox(inboxPrefixOf(this.#nc));
    this.#prefix = `${inbox}.`;
    const subscription = this.#nc.subscribe(`${inbox}.>`, {
      callback: (error, message) => this.#receive(error, message),
    });
    this.#inbox = subscription;
    void subscription.closed.then(() => {
      if (this.#inbox === subscription) this.#end();
    });
    if (this.#listening) return;
    this.#listening = true;
    // The iterator never throws; it ends with the connection.
    void this.#listen();
  }

  #send(call: PendingCall, payload: Payload, { headers, replySuffix }: CallOptions): void {
    const token = this.#prefix + call.id;
    call.reply = replySuffix === undefined ? token : `${token}.${replySuffix}`;
    const options: PublishOptions = { reply: call.reply };
    if (headers !== undefined) options.headers = headers;
    this.#nc.publish(call.subject, payload, options);
  }

  #receive(error: Error | null, message: Msg): void {
    if (error !== null) return this.#loseInbox(error);
    const call = this.#calls.find(readToken(message.subject, this.#prefix.length));
    // Too late, or a second reply.
    if (call === undefined) return;
    const isUnheard = saysNoResponders(message);
    if (!isUnheard && call.takesPart?.(message)) return;
    this.#calls.delete(call);
    if (isUnheard) return this.#reject(call, failure(new errors.NoRespondersError(call.subject)));
    if (call.signal !== undefined) this.#aborts.delete(call.signal, call);
    call.resolve(message);
  }

  /** The server refuses the subscription: the next call tries again, as permissions may change. */
  #loseInbox(error: Error): void {
    this.#inbox = undefined;
    const cause = toLocalError(error, errors);
    this.#rejectAll((call) => call.reply !== "", () => failure(cause as Error));
  }

  async #listen(): Promise<void> {
    for await (const status of this.#nc.status()) this.#onStatus(status);
  }

  #onStatus(status: Status): void {
    switch (status.type) {
      case "disconnect":
      // Seen without a disconnect if the first call came while the connection was lost.
      case "reconnecting":
        if (this.#offline) return;
        this.#offline = true;
        return this.#rejectAll(
          () => true,
          () => new errors.RequestError("connection disconnected"),
        );
      case "reconnect":
        this.#offline = false;
        return this.#sendHeld();
      case "error":
        return this.#onServerError(toLocalError(status.error, errors));
    }
  }

  /** The client drops what is published before each attempt to connect, so requests wait here. */
  #sendHeld(): void {
    const held = this.#held;
    this.#held = [];
    for (const { call, payload, options } of held) {
      if (!this.#calls.has(call)) continue;
      try {
        this.#send(call, payload, options);
      } catch (thrown) {
        this.#calls.delete(call);
        this.#reject(call, toLocalError(thrown, errors));
      }
    }
  }

  #onServerError(error: unknown): void {
    if (!(error instanceof errors.PermissionViolationError)) return;
    const { operation, subject } = error;
    if (operation !== "publish") return;
    this.#rejectAll((call) => call.subject === subject, () => failure(error));
  }

  #end(): void {
    this.#ended = true;
    this.#rejectAll(
      () => true,
      () =>
        new errors.RequestError("connection closed", { cause: new errors.ClosedConnectionError() }),
    );
    this.#sweep.stop();
    this.#held = [];
  }

  #watch(signal: AbortSource, call: PendingCall, { onAbandoned }: CallOptions): void {
    call.signal = signal;
    call.onAbandoned = onAbandoned;
    this.#aborts.add(signal, call);
  }

  #abandon(call: PendingCall): void {
    this.#calls.delete(call);
    call.reject(call.signal?.reason);
    if (call.reply === "") return;
    try {
      call.onAbandoned?.(call.reply);
    } catch {
      // The caller is gone already, and the responder learns of the deadline anyway.
    }
  }

  #rejectAll(condition: (call: PendingCall) => boolean, error: () => unknown): void {
    if (this.#calls.size === 0) return;
    for (const call of this.#calls.takeAll(condition)) this.#reject(call, error());
  }

  #reject(call: PendingCall, error: unknown): void {
    if (call.signal !== undefined) this.#aborts.delete(call.signal, call);
    call.reject(error);
  }
}

/** An error of a request, the way the client makes it. */
function failure(cause: Error): Error {
  return new errors.RequestError(cause.message, { cause });
}

function saysNoResponders(message: Msg): boolean {
  return message.data.length === 0 && message.headers?.code === 503;
}
