import assert from "node:assert/strict";
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import {
  type NatsCluster,
  type NatsClusterOptions,
  type NatsServer,
  type NatsServerOptions,
  startNatsCluster,
  startNatsServer,
} from "../../src/dev/mod.ts";
import { connect } from "../../src/transport/node.ts";
import { eventually } from "./eventually.ts";
import { watchTimers } from "./watch_timers.ts";

/** What a test wants to find. */
export interface WorldOptions extends NatsServerOptions {
  /** Starts a cluster of so many servers instead of a single one. */
  cluster?: number;
  /** What connections are made with, unless they say otherwise: credentials, for instance. */
  connect?: Parameters<typeof connect>[0];
}

/** A test's own server, connections and names; disposing of it checks that nothing is left. */
export interface World extends AsyncDisposable {
  /** The server, or the first of the cluster. */
  readonly server: NatsServer;
  /** The cluster, if one was asked for. */
  readonly cluster: NatsCluster | undefined;
  /** A connection that is there from the start. */
  readonly nc: NatsConnection;
  /** A namespace that no other world has. */
  readonly namespace: string;
  /** Opens another connection; it is closed at the end. */
  connect(options?: Parameters<typeof connect>[0]): Promise<NatsConnection>;
}

let worlds = 0;

/**
 * Starts a real nats-server, or a cluster, for one test.
 *
 * At its end it fails the test if a timer, a subscription or an ephemeral consumer of this library
 * is still there.
 *
 * @example
 * ```ts ignore
 * test("a reply comes back", async () => {
 *   await using world = await startWorld();
 *   await world.nc.flush();
 * });
 * ```
 */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const { cluster: size, connect: defaults, ...server } = options;
  const cluster = size === undefined
    ? undefined
    : await startNatsCluster(size, server as NatsClusterOptions);
  const first = cluster?.servers[0] ?? await startNatsServer(server);
  const world = new RunningWorld(cluster, first, defaults);
  try {
    await world.start();
  } catch (error) {
    await world.stop();
    throw error;
  }
  return world;
}

class RunningWorld implements World {
  readonly server: NatsServer;
  readonly cluster: NatsCluster | undefined;
  readonly namespace = `t${++worlds}`;
  readonly #timers = watchTimers();
  readonly #defaults: Parameters<typeof connect>[0];
  readonly #connections: NatsConnection[] = [];

  constructor(
    cluster: NatsCluster | undefined,
    server: NatsServer,
    defaults: Parameters<typeof connect>[0],
  ) {
    this.cluster = cluster;
    this.server = server;
    this.#defaults = defaults;
  }

  get nc(): NatsConnection {
    return this.#connections[0]!;
  }

  async start(): Promise<void> {
    await this.connect();
  }

  async connect(options: Parameters<typeof connect>[0] = {}): Promise<NatsConnection> {
    const servers = [...(this.cluster?.urls ?? [this.server.url])];
    const nc = await connect({ servers, waitOnFirstConnect: true, ...this.#defaults, ...options });
    this.#connections.push(nc);
    return nc;
  }

  async stop(): Promise<void> {
    this.#timers.stop();
    for (const nc of this.#connections) await nc.close();
    await (this.cluster ?? this.server).stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      // Not longer: what ends by itself has been left all the same.
      await eventually(() => this.#checkNothingLeft(), { timeoutMs: 3_000, minTries: 50 });
    } finally {
      await this.stop();
    }
  }

  async #checkNothingLeft(): Promise<void> {
    assert.deepEqual(this.#timers.active(), [], "timers of ours are left");
    const open = this.#connections.filter((nc) => !nc.isClosed());
    if (open.length === 0 || this.server.state !== "running") return;
    assert.deepEqual(await this.#subscriptions(), [], "subscriptions of ours are left");
    assert.deepEqual(await ephemeralConsumers(open[0]!), [], "ephemeral consumers are left");
  }

  /** Subscriptions of this process, apart from the inboxes that each connection keeps: the client's and ours. */
  async #subscriptions(): Promise<string[]> {
    const reply = await fetch(`${this.server.monitorUrl}/connz?subs=1`);
    const { connections } = await reply.json() as {
      connections: { subscriptions_list?: string[] }[];
    };
    return connections.flatMap(({ subscriptions_list: subjects = [] }) => {
      const raw = subjects.filter((subject) => /^_INBOX\w*\.[^.]+\.\*$/.test(subject));
      const ours = subjects.filter((subject) => /^_INBOX\w*\.[^.]+\.>$/.test(subject));
      const kept = [raw[0], ours[0]];
      return subjects.filter((subject) => !kept.includes(subject));
    });
  }
}

async function ephemeralConsumers(nc: NatsConnection): Promise<string[]> {
  const { streams, consumers } = await jetstreamManager(nc, { checkAPI: false });
  const left: string[] = [];
  for await (const stream of streams.list()) {
    for await (const { name, config } of consumers.list(stream.config.name)) {
      if (config.durable_name === undefined) left.push(`${stream.config.name}/${name}`);
    }
  }
  return left;
}
