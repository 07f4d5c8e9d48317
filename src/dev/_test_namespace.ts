import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import { resourceName } from "../core/mod.ts";
import type { ConsumerState } from "./_activity.ts";

/** A part of a server that one test has for itself, and a connection to it. */
export class TestNamespace {
  /** Before every subject and every name. */
  readonly name: string;
  readonly nc: NatsConnection;
  readonly jsm: JetStreamManager;

  static async open(servers: string): Promise<TestNamespace> {
    const nc = await connect({ servers });
    return new TestNamespace(nc, await jetstreamManager(nc, { checkAPI: false }));
  }

  private constructor(nc: NatsConnection, jsm: JetStreamManager) {
    this.name = `test-${crypto.randomUUID().slice(0, 13)}`;
    this.nc = nc;
    this.jsm = jsm;
  }

  /** Streams of events, dead letters and the like, and the last sequence of each. */
  async streams(): Promise<Record<string, number>> {
    const found: Record<string, number> = {};
    for await (const { config, state } of this.jsm.streams.list(`${this.name}.>`)) {
      found[config.name] = state.last_seq;
    }
    return found;
  }

  /** All consumers of some streams. */
  async consumers(streams: readonly string[]): Promise<ConsumerState[]> {
    return (await Promise.all(streams.map((stream) => this.#consumersOf(stream)))).flat();
  }

  /** Deletes all its streams and buckets, and closes the connection. */
  async close(): Promise<void> {
    try {
      const own = resourceName(this.name, "");
      const names: string[] = [];
      for await (const name of this.jsm.streams.names()) {
        if (name.replace(/^KV_/, "").startsWith(own)) names.push(name);
      }
      await Promise.all(names.map((name) => this.jsm.streams.delete(name)));
    } finally {
      await this.nc.close();
    }
  }

  async #consumersOf(stream: string): Promise<ConsumerState[]> {
    const found: ConsumerState[] = [];
    for await (const info of this.jsm.consumers.list(stream)) {
      found.push({
        stream,
        name: info.name,
        pending: info.num_pending,
        inFlight: info.num_ack_pending,
        delivered: info.delivered.consumer_seq,
      });
    }
    return found;
  }
}
