import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRwLock, openBucket } from "../../../src/kv/mod.ts";
import {
  type NatsCluster,
  type NatsServer,
  startNatsCluster,
  startNatsServer,
} from "../../../src/dev/mod.ts";
import { connect } from "../../../src/transport/node.ts";
import { checkHistory, type Fault, type Verdict, violationsOf } from "./_check_history.ts";
import { sharedNow } from "./_clock.ts";
import type { ContenderOptions } from "./_contender.ts";
import { type Contender, startContender } from "./_contenders.ts";
import { readHistory } from "./_history.ts";
import { type ProxyRules, startNatsProxy } from "./_proxy.ts";

/** One run of the harness. */
export interface CellOptions
  extends Partial<Omit<ContenderOptions, "index" | "incarnation" | "servers" | "log" | "clock">> {
  /** Script of the contenders, from `bundleContender()`. */
  readonly script: string;
  /** How many processes contend. */
  readonly processes: number;
  /** For how long, in milliseconds. */
  readonly durationMs: number;
  /** A cluster of three instead of a single server. @default {false} */
  readonly cluster?: boolean;
  /** Milliseconds between two faults of contenders: killed, and frozen for 0.5 or 2 leases. */
  readonly contenderFaultMs?: number;
  /** Milliseconds between two faults of the stream's leader: killed and frozen in turn. */
  readonly serverFaultMs?: number;
  /** What a proxy before the single server does. */
  readonly proxy?: ProxyRules;
  /** In what single contenders differ from the others, by their number. */
  readonly each?: Readonly<Record<number, Partial<ContenderOptions>>>;
  /** Reads may be answered by any replica. */
  readonly allowDirect?: boolean;
  /** Hears of every fault. */
  readonly onProgress?: (text: string) => void;
}

/** What a run has shown. */
export interface CellResult {
  readonly options: CellOptions;
  readonly verdict: Verdict;
  /** Everything that must not be, the document and the consumers at the end included. */
  readonly violations: readonly string[];
  readonly faults: readonly Fault[];
  readonly startedAt: number;
  readonly endedAt: number;
  /** Writes to the lock's key. */
  readonly publishes: number;
  /** Consumers on the stream at the end. */
  readonly consumers: number;
  /** Claims in the document after all contenders have ended as they should. */
  readonly ticketsLeft: number;
}

const DEFAULTS = {
  ttlMs: 2_000,
  workers: 2,
  hasOwnSessions: false,
  readShare: 0.9,
  abortShare: 0.1,
  holdMs: 2,
  longHoldMs: 200,
  thinkMs: 4,
};

/** Lets processes contend for a lock while things go wrong, and checks what they have noted. */
export async function runCell(options: CellOptions): Promise<CellResult> {
  await using cell = await Cell.start(options);
  await cell.run();
  return await cell.finish();
}

class Cell implements AsyncDisposable {
  readonly #options: CellOptions & typeof DEFAULTS;
  readonly #cleanups: (() => Promise<void>)[] = [];
  readonly #faults: Fault[] = [];
  readonly #logs: string[] = [];
  readonly #contenders: Contender[] = [];
  #folder = "";
  #cluster: NatsCluster | undefined;
  #servers: string[] = [];
  #nc!: NatsConnection;
  #startedAt = 0;
  #endedAt = 0;

  private constructor(options: CellOptions) {
    this.#options = { ...DEFAULTS, ...options };
  }

  static async start(options: CellOptions): Promise<Cell> {
    const cell = new Cell(options);
    try {
      await cell.#start();
      return cell;
    } catch (error) {
      await cell[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #start(): Promise<void> {
    const { cluster, proxy, allowDirect } = this.#options;
    this.#folder = await mkdtemp(join(tmpdir(), "shizuku-locks-"));
    this.#cleanups.push(() => rm(this.#folder, { recursive: true }));
    if (cluster) {
      this.#cluster = this.#own(await startNatsCluster(3, { onProgress: () => {} }));
      this.#servers = [...this.#cluster.urls];
    } else {
      const server = this.#own(await startNatsServer({ onProgress: () => {} }));
      this.#servers = [server.url];
    }
    this.#nc = await connect({
      servers: [...this.#servers],
      reconnectTimeWait: 100,
      maxReconnectAttempts: -1,
    });
    this.#cleanups.push(() => this.#nc.close());
    await openBucket(this.#nc, "locks", { republish: true, replicas: cluster ? 3 : 1 });
    const { streams } = await jetstreamManager(this.#nc, { checkAPI: false });
    if (allowDirect) await streams.update("KV_locks", { allow_direct: true });
    if (proxy !== undefined) {
      const port = Number(new URL(this.#servers[0]!).port);
      this.#servers = [this.#own(await startNatsProxy(port, proxy)).url];
    }
    await this.#cluster?.streamLeader("KV_locks");
  }

  async run(): Promise<void> {
    const { processes, durationMs } = this.#options;
    const started = Array.from({ length: processes }, (_, index) => this.#launch(index, 0));
    await Promise.all(started.map(({ ready }) => ready));
    // Starting so many takes the time of those that have started, so all begin together.
    for (const contender of started) contender.go();
    this.#startedAt = sharedNow();
    const over = new AbortController();
    const isOver = over.signal;
    const faults = [this.#disturbContenders(isOver), this.#disturbServers(isOver)];
    // A contender that fails by itself ends the run.
    await wait(durationMs);
    this.#endedAt = sharedNow();
    over.abort();
    await Promise.all(faults);
    await Promise.all(this.#contenders.filter(({ isKilled }) => !isKilled).map((c) => c.stop()));
  }

  async finish(): Promise<CellResult> {
    const events = this.#logs.flatMap(readHistory);
    const { ttlMs } = this.#options;
    const verdict = checkHistory({ events, faults: this.#faults, ttlMs });
    const hasCrashed = this.#faults.some(({ what, isServer }) => what === "SIGKILL" && !isServer);
    // What was late arrives after all.
    if (this.#options.proxy !== undefined) await wait(1_500);
    const { ticketsLeft, publishes, consumers } = await this.#inspect();
    const violations = violationsOf(verdict);
    // What a crashed one has left is for the next who comes.
    if (!hasCrashed && ticketsLeft > 0) violations.push(`tickets left: ${ticketsLeft}`);
    if (consumers > 0) violations.push(`consumers left: ${consumers}`);
    if (verdict.granted.length === 0) violations.push("nothing was granted");
    return {
      options: this.#options,
      verdict,
      violations,
      faults: this.#faults,
      startedAt: this.#startedAt,
      endedAt: this.#endedAt,
      publishes,
      consumers,
      ticketsLeft,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const contender of this.#contenders) await contender.kill();
    for (const cleanup of this.#cleanups.toReversed()) await cleanup();
  }

  #own<T extends AsyncDisposable>(resource: T): T {
    this.#cleanups.push(async () => await resource[Symbol.asyncDispose]());
    return resource;
  }

  #launch(index: number, incarnation: number): Contender {
    const { script, each } = this.#options;
    const { ttlMs, workers, hasOwnSessions, readShare, abortShare } = this.#options;
    const { holdMs, longHoldMs, thinkMs } = this.#options;
    const contender = startContender(script, this.#folder, {
      index,
      incarnation,
      servers: this.#servers,
      ttlMs,
      workers,
      hasOwnSessions,
      readShare,
      abortShare,
      holdMs,
      longHoldMs,
      thinkMs,
      ...each?.[index],
    });
    this.#contenders[index] = contender;
    this.#logs.push(contender.log);
    return contender;
  }

  /** Kills one and starts it again, freezes one for half a lease, freezes one for two. */
  async #disturbContenders(isOver: AbortSignal): Promise<void> {
    const { contenderFaultMs = Infinity, ttlMs } = this.#options;
    for (let turn = 0; await pause(contenderFaultMs, isOver); turn++) {
      const index = Math.floor(Math.random() * this.#contenders.length);
      const victim = this.#contenders[index]!;
      if (turn % 3 === 0) {
        this.#note(await victim.kill());
        const next = this.#launch(index, Number(victim.id.split(".")[1]) + 1);
        await next.ready;
        next.go();
      } else {
        // Noted before it is over: what others see of it begins at once.
        this.#note(await victim.pause(turn % 3 === 1 ? ttlMs / 2 : 2 * ttlMs));
      }
    }
  }

  /** Kills the stream's leader, or the only server, and freezes it, in turn. */
  async #disturbServers(isOver: AbortSignal): Promise<void> {
    const { serverFaultMs = Infinity } = this.#options;
    for (let turn = 0; await pause(serverFaultMs, isOver); turn++) {
      const leader = await this.#cluster!.streamLeader("KV_locks");
      const at = sharedNow();
      const isKill = turn % 2 === 0;
      if (isKill) await this.#killFor(leader, 1_000);
      else await this.#freezeFor(leader, 5_000);
      // The next one only when all are back, or there would be no majority.
      await this.#cluster!.ready();
      await this.#cluster!.streamLeader("KV_locks");
      const what = isKill ? "SIGKILL of the leader" : "SIGSTOP of the leader";
      this.#note({ at, until: sharedNow(), what, target: leader.name, isServer: true });
    }
  }

  async #killFor(server: NatsServer, ms: number): Promise<void> {
    await server.kill();
    await wait(ms);
    await server.restart();
  }

  async #freezeFor(server: NatsServer, ms: number): Promise<void> {
    server.pause();
    await wait(ms);
    server.resume();
  }

  #note(fault: Fault): void {
    this.#faults.push(fault);
    this.#options.onProgress?.(`${fault.what} (${fault.target})`);
  }

  async #inspect(): Promise<{ ticketsLeft: number; publishes: number; consumers: number }> {
    await using locks = createRwLock(await openBucket(this.#nc, "locks"));
    const { holders, waiters } = await locks.inspect("contended");
    const { streams } = await jetstreamManager(this.#nc, { checkAPI: false });
    const { state } = await streams.info("KV_locks");
    return {
      ticketsLeft: holders.length + waiters.length,
      publishes: state.last_seq,
      consumers: state.consumer_count,
    };
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits; gives `false` if the run is over before. */
function pause(ms: number, isOver: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (isOver.aborted) return resolve(false);
    const timer = ms === Infinity ? undefined : setTimeout(() => finish(true), ms);
    const onAbort = () => finish(false);
    const finish = (goesOn: boolean) => {
      clearTimeout(timer);
      isOver.removeEventListener("abort", onAbort);
      resolve(goesOn);
    };
    isOver.addEventListener("abort", onAbort);
  });
}
