import { createInbox } from "@nats-io/nats-core";
import type { ConsumerState } from "./_activity.ts";
import { EventLog } from "./_event_log.ts";
import { poll } from "./_poll.ts";
import type { TestNamespace } from "./_test_namespace.ts";

/** How long the server keeps the consumers of a process that was killed. */
const INACTIVE_NANOS = 60_000 * 1_000_000;
/** Reading is a matter of milliseconds; this is for a machine that hangs. */
const CATCH_UP_MS = 30_000;
const CONSUMER = "test-tap";

/**
 * Reads along what streams store.
 *
 * Each has a consumer that acknowledges nothing: with it the stream takes also an event that no hook
 * wants, and lets it go when it has come here.
 */
export class EventTap {
  /** What has come. */
  readonly log: EventLog = new EventLog();
  readonly #namespace: TestNamespace;
  /** How many messages have come from each stream. */
  readonly #received = new Map<string, number>();
  readonly #unsubscribe: (() => void)[] = [];

  constructor(namespace: TestNamespace) {
    this.#namespace = namespace;
  }

  /** Begins to read streams, with all that they have. */
  async follow(streams: readonly string[]): Promise<void> {
    await Promise.all(streams.map((stream) => this.#follow(stream)));
  }

  /** Waits until all has come that is stored now. */
  async caughtUp(): Promise<void> {
    const { jsm } = this.#namespace;
    await Promise.all([...this.#received.keys()].map((stream) =>
      poll(async () => {
        const { num_pending, delivered } = await jsm.consumers.info(stream, CONSUMER);
        const missing = delivered.consumer_seq - this.#received.get(stream)!;
        return num_pending === 0 && missing <= 0 ? true : undefined;
      }, { timeoutMs: CATCH_UP_MS, intervalMs: 1 })
    ));
  }

  /** Counts as in flight what the server has delivered and has not come yet. */
  withReceived(consumers: readonly ConsumerState[]): ConsumerState[] {
    return consumers.map((consumer) => {
      const { stream, name, delivered } = consumer;
      const received = name === CONSUMER ? this.#received.get(stream) : undefined;
      if (received === undefined) return consumer;
      return { ...consumer, inFlight: Math.max(0, delivered - received) };
    });
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.log.close();
  }

  async #follow(stream: string): Promise<void> {
    const { nc, jsm, name } = this.#namespace;
    const inbox = createInbox();
    this.#received.set(stream, 0);
    const subscription = nc.subscribe(inbox, {
      callback: (error, { subject, data }) => {
        if (error !== null) return;
        this.#received.set(stream, this.#received.get(stream)! + 1);
        this.log.add({ subject: subject.slice(name.length + 1), data });
      },
    });
    this.#unsubscribe.push(() => subscription.unsubscribe());
    await jsm.consumers.add(stream, {
      name: CONSUMER,
      deliver_subject: inbox,
      ack_policy: "none",
      deliver_policy: "all",
      inactive_threshold: INACTIVE_NANOS,
      mem_storage: true,
      num_replicas: 1,
    });
  }
}
