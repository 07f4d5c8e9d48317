/**
 * Options of a subscription, as far as they are used here.
 *
 * @example
 * ```ts ignore
 * const subscription = nc.subscribe("flights.>", { callback: (_error, message) => console.log(message.subject) });
 * subscription.unsubscribe();
 * ```
 */
export interface ConnectionSubscription {
  /** Ends it, after `max` messages if that is given. */
  unsubscribe(max?: number): void;
  /** Ends it when the messages that are on their way have been handled. */
  drain(): Promise<void>;
}

/**
 * What is read of the server's greeting.
 *
 * @example
 * ```ts ignore
 * console.log(nc.info?.version, nc.info?.max_payload); // 2.15.2 1048576
 * ```
 */
export interface ConnectionInfo {
  /** Version of the server. */
  readonly version: string;
  /** Largest payload with headers, in bytes. */
  readonly max_payload: number;
}

/**
 * A connection to NATS, as it is asked for everywhere in this library.
 *
 * Every `NatsConnection` fits, whichever transport or copy of nats-core it comes from.
 *
 * @example A connection of any transport of the official client
 * ```ts ignore
 * import { createClient, natsTransport } from "@shizuku/shizuku/services";
 * import { connect } from "@nats-io/transport-node";
 * import { GreetService } from "./greet.ts";
 *
 * const nc = await connect({ servers: "nats://127.0.0.1:4222" });
 * const client = createClient(natsTransport(nc), GreetService);
 * ```
 */
export interface Connection {
  /** What the server said of itself. */
  readonly info?: ConnectionInfo | undefined;
  /** Sends a message. */
  publish(subject: string, payload?: Uint8Array | string, options?: object): void;
  /** Asks for messages. */
  subscribe(subject: string, options?: object): ConnectionSubscription;
  /** Sends a message and waits for one reply. */
  request(subject: string, payload?: Uint8Array | string, options?: object): Promise<object>;
  /** Waits until the server has seen everything sent so far. */
  flush(): Promise<void>;
  /** Ends all subscriptions in order, then closes. */
  drain(): Promise<void>;
  /** Closes at once. */
  close(): Promise<void>;
  /** Resolves when it is closed, with the error if there was one. */
  closed(): Promise<void | Error>;
  /** Whether it is closed. */
  isClosed(): boolean;
  /** Events of the connection. */
  status(): AsyncIterable<{ readonly type: string }>;
}
