import { join } from "node:path";
import { ManagedServer, type ServerPlan } from "./_managed_server.ts";
import { askJetStream, askMonitor, askRouteCount, type JetStreamReport } from "./_monitor.ts";
import { poll } from "./_poll.ts";
import { pickPorts } from "./_ports.ts";
import { binaryFor, checkServerOptions, retryOnPortInUse } from "./_start.ts";
import type { NatsServerBinary } from "./find_nats_server.ts";
import type { NatsServer, NatsServerOptions } from "./nats_server.ts";

const PORTS_PER_SERVER = 4;

/**
 * What kind of cluster to start: ports are free ones, and all else holds for each server.
 *
 * @example
 * ```ts ignore
 * import { startNatsCluster } from "@shizuku/shizuku/dev";
 *
 * await using cluster = await startNatsCluster(3, { clusterName: "east", storeDir: "stores/east" });
 * console.log(cluster.name, cluster.urls.length); // east 3
 * ```
 */
export interface NatsClusterOptions
  extends Omit<NatsServerOptions, "port" | "monitorPort" | "websocket" | "serverName"> {
  /** Name of the cluster. @default {"shizuku"} */
  readonly clusterName?: string;
  /** Whether each server listens for WebSockets too. @default {false} */
  readonly websocket?: boolean;
  /** Folder of the stores, which is kept; each server has a folder of its name in it. */
  readonly storeDir?: string;
}

/**
 * How long to wait for a state of a cluster.
 *
 * @example
 * ```ts ignore
 * const leader = await cluster.metaLeader({ timeoutMs: 10_000 });
 * ```
 */
export interface NatsClusterWaitOptions {
  /** Milliseconds after which to give up. Default: the cluster's `startTimeoutMs`. */
  readonly timeoutMs?: number;
}

/**
 * Which stream of a name is meant, and how long to wait.
 *
 * @example Kill the server that leads a stream
 * ```ts ignore
 * const leader = await cluster.streamLeader("flights", { account: "APP", timeoutMs: 10_000 });
 * await leader.kill();
 * ```
 */
export interface NatsStreamLeaderOptions extends NatsClusterWaitOptions {
  /** The account of the stream. Default: `$G`, where users without an account are. */
  readonly account?: string;
}

/**
 * A cluster of nats-servers, each a process of its own that can be killed, paused, restarted.
 *
 * @example
 * ```ts ignore
 * import { startNatsCluster } from "@shizuku/shizuku/dev";
 * import { connect } from "@shizuku/shizuku/transport/deno";
 *
 * await using cluster = await startNatsCluster(3);
 * await cluster.servers[0]!.pause();
 * await cluster.ready();
 * await using nc = await connect({ servers: [...cluster.urls] });
 * ```
 */
export interface NatsCluster extends AsyncDisposable {
  /** Name of the cluster. */
  readonly name: string;
  /** The servers `n1`, `n2` and so on, running or not. */
  readonly servers: readonly NatsServer[];
  /** The addresses of all servers, for a client's `servers` option. */
  readonly urls: readonly string[];
  /**
   * Waits until the running servers know each other, agree on a meta leader and are current.
   *
   * @throws {Error} If that takes longer than `timeoutMs`.
   */
  ready(options?: NatsClusterWaitOptions): Promise<void>;
  /**
   * Waits for the leader of the JetStream meta group.
   *
   * @throws {Error} If none is elected within `timeoutMs`.
   */
  metaLeader(options?: NatsClusterWaitOptions): Promise<NatsServer>;
  /**
   * Waits for the leader of a stream.
   *
   * @throws {Error} If none is elected within `timeoutMs`.
   */
  streamLeader(stream: string, options?: NatsStreamLeaderOptions): Promise<NatsServer>;
  /** Stops all servers, and removes their temporary files. Again: does nothing. */
  stop(): Promise<void>;
}

/**
 * Starts a cluster of nats-servers and waits until it has a leader and all are current.
 *
 * @param size How many servers; 3 or 5 survive the loss of one or two.
 * @throws {RangeError} If `size` is not a whole number of at least 2.
 * @throws {NatsServerStartError} If a server does not become ready.
 * @example A stream survives the loss of a server
 * ```ts
 * import { startNatsCluster } from "@shizuku/shizuku/dev";
 *
 * await using cluster = await startNatsCluster(3);
 * const leader = await cluster.metaLeader();
 * await leader.kill();
 * console.log(`${(await cluster.metaLeader()).name} took over from ${leader.name}`);
 * ```
 */
export async function startNatsCluster(
  size: number,
  options: NatsClusterOptions = {},
): Promise<NatsCluster> {
  // One server alone waits for routes for ever.
  if (!Number.isInteger(size) || size < 2) {
    throw new RangeError(`Cannot start a cluster as size must be >= 2: current value is ${size}`);
  }
  checkServerOptions(options);
  const binary = await binaryFor(options);
  const servers = await retryOnPortInUse(options, async () => {
    return await startAll(await planCluster(size, binary, options));
  });
  const cluster = new ManagedCluster(servers, options);
  try {
    await cluster.ready();
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return cluster;
}

async function planCluster(
  size: number,
  binary: NatsServerBinary,
  options: NatsClusterOptions,
): Promise<ServerPlan[]> {
  const { clusterName = "shizuku", storeDir, websocket } = options;
  const ports = await pickPorts(size * PORTS_PER_SERVER);
  const routePorts = ports.splice(0, size);
  return routePorts.map((port, index) => {
    const name = `n${index + 1}`;
    const [client, monitor, ws] = ports.splice(0, PORTS_PER_SERVER - 1);
    return {
      binary,
      name,
      ports: { client: client!, monitor: monitor!, websocket: websocket ? ws : undefined },
      options: { ...options, storeDir: storeDir && join(storeDir, name) },
      cluster: { name: clusterName, port, routePorts },
    };
  });
}

/** Starts all at once; if one fails, the others are stopped. */
async function startAll(plans: readonly ServerPlan[]): Promise<ManagedServer[]> {
  const results = await Promise.allSettled(plans.map((plan) => ManagedServer.start(plan)));
  const servers = results.flatMap((result) => result.status === "fulfilled" ? result.value : []);
  const failed = results.find((result) => result.status === "rejected");
  if (!failed) return servers;
  await Promise.all(servers.map((server) => server.stop()));
  throw failed.reason;
}

class ManagedCluster implements NatsCluster {
  readonly name: string;
  readonly servers: readonly NatsServer[];
  readonly #options: NatsClusterOptions;

  constructor(servers: readonly NatsServer[], options: NatsClusterOptions) {
    this.name = options.clusterName ?? "shizuku";
    this.servers = servers;
    this.#options = options;
  }

  get urls(): readonly string[] {
    return this.servers.map((server) => server.url);
  }

  async ready(options: NatsClusterWaitOptions = {}): Promise<void> {
    const { jetstream = true } = this.#options;
    await this.#wait("see all servers current", options, async () => {
      const running = this.#running();
      const routed = await Promise.all(running.map((server) => hasRoutes(server, running.length)));
      if (!routed.every(Boolean)) return undefined;
      return !jetstream || await isCurrent(running, this.servers.length) || undefined;
    });
  }

  metaLeader(options: NatsClusterWaitOptions = {}): Promise<NatsServer> {
    return this.#wait("find the meta leader", options, () => metaLeaderOf(this.#running()));
  }

  streamLeader(stream: string, options: NatsStreamLeaderOptions = {}): Promise<NatsServer> {
    const { account = "$G" } = options;
    const query = `accounts=true&streams=true&acc=${encodeURIComponent(account)}`;
    const what = `find the leader of stream "${stream}" in account "${account}"`;
    return this.#wait(what, options, () => {
      return leaderOf(this.#running(), query, (report) => {
        const streams = report.account_details?.flatMap((details) => details.stream_detail ?? []);
        return streams?.find((detail) => detail.name === stream)?.cluster?.leader;
      });
    });
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #running(): NatsServer[] {
    return this.servers.filter((server) => server.state === "running");
  }

  async #wait<T>(
    what: string,
    options: NatsClusterWaitOptions,
    check: () => Promise<T | undefined>,
  ): Promise<T> {
    const { startTimeoutMs = 30_000, signal } = this.#options;
    const { timeoutMs = startTimeoutMs } = options;
    const result = await poll(check, { timeoutMs, intervalMs: 25, signal });
    if (result !== undefined) return result;
    const states = this.servers.map((server) => `${server.name} ${server.state}`).join(", ");
    const logs = this.servers.map((server) => `${server.name}:\n${server.log.slice(-1000)}`);
    throw new Error(
      `Cannot ${what} of cluster "${this.name}" within ${timeoutMs} ms: servers are ${states}\n` +
        logs.join("\n"),
    );
  }
}

async function hasRoutes(server: NatsServer, running: number): Promise<boolean> {
  return await askRouteCount(server.monitorPort) >= running - 1;
}

async function isCurrent(running: readonly NatsServer[], size: number): Promise<boolean> {
  const leader = await metaLeaderOf(running);
  if (!leader) return false;
  const report = await askJetStream(leader.monitorPort, "");
  if (report?.meta_cluster?.cluster_size !== size) return false;
  const answers = await Promise.all(
    running.map((server) => askMonitor(server.monitorPort, "/healthz")),
  );
  return answers.every((answer) => answer?.status === 200);
}

function metaLeaderOf(running: readonly NatsServer[]): Promise<NatsServer | undefined> {
  return leaderOf(running, "", (report) => report.meta_cluster?.leader);
}

/** Takes the word of the leader itself: others name the last one for a while after its end. */
async function leaderOf(
  running: readonly NatsServer[],
  query: string,
  nameIn: (report: JetStreamReport) => string | undefined,
): Promise<NatsServer | undefined> {
  const reports = await Promise.all(
    running.map((server) => askJetStream(server.monitorPort, query)),
  );
  const leaders = running.filter((server, index) => {
    const report = reports[index];
    return report !== undefined && nameIn(report) === server.name;
  });
  // Two say so for a moment, when one is back from a pause.
  return leaders.length === 1 ? leaders[0] : undefined;
}
