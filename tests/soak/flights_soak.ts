import { jetstreamManager } from "@nats-io/jetstream";
import { createPublisher, deadLetters, ensureStream } from "../../src/consumers/mod.ts";
import { json } from "../../src/core/mod.ts";
import { entity, openBucket } from "../../src/kv/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { type SpawnedScript, spawnScript } from "../_support/spawn_script.ts";
import { startWorld, type World } from "../_support/world.ts";
import { makeReports, NAMES, type Report, reported } from "./_reports.ts";

/** How large a soak is. */
export interface SoakOptions {
  /** Events to publish. */
  events: number;
  /** Processes that work on them. */
  workers: number;
  /** A worker is killed each time so many milliseconds have passed. */
  killEveryMs: number;
  /** How often the server, or the stream's leader in a cluster, is killed and started again. */
  serverKills: number;
  /** Servers in the cluster; 1 for a single server. */
  servers: number;
  /** Time that a worker's messages wait for it after its end. */
  ackWaitMs: number;
  /** Hears how far it is. */
  onProgress?: (progress: SoakProgress) => void;
}

/** How far a soak is. */
export interface SoakProgress {
  published: number;
  settled: number;
  workerKills: number;
  serverKills: number;
}

/** What a soak has shown. */
export interface SoakReport extends SoakProgress {
  /** Effects that are there. */
  effects: number;
  /** Events without effect. */
  missing: number;
  /** Effects without event. */
  extra: number;
  /** Messages in the stream; more than events if one was stored twice. */
  stored: number;
  /** Events given up. */
  dead: number;
  /** What workers saw run together, or out of order. */
  violations: string[];
  /** From the first publish to the last effect. */
  elapsedMs: number;
}

/**
 * Publishes events, lets workers store their effects, and kills workers and servers meanwhile.
 *
 * Returns what is there at the end; judging it is the caller's.
 */
export async function soakFlights(options: SoakOptions): Promise<SoakReport> {
  await using world = await startWorld({
    ...(options.servers > 1 && { cluster: options.servers }),
    connect: { maxReconnectAttempts: -1, reconnectTimeWait: 100 },
  });
  await using soak = new Soak(world, options, await makeReports(options.events));
  return await soak.run();
}

class Soak implements AsyncDisposable {
  readonly #world: World;
  readonly #options: SoakOptions;
  readonly #reports: readonly Report[];
  readonly #workers: SpawnedScript[] = [];
  readonly #violations: string[] = [];
  readonly #progress: SoakProgress = { published: 0, settled: 0, workerKills: 0, serverKills: 0 };
  #isOver = false;

  constructor(world: World, options: SoakOptions, reports: readonly Report[]) {
    this.#world = world;
    this.#options = options;
    this.#reports = reports;
  }

  async run(): Promise<SoakReport> {
    const replicas = Math.min(3, this.#options.servers);
    const { nc } = this.#world;
    // By limits, so that the stream still tells at the end what it was given.
    await ensureStream(nc, {
      name: NAMES.stream,
      subjects: [reported.subject.filter],
      retention: "limits",
      replicas,
    });
    await openBucket(nc, NAMES.bucket, { replicas });
    for (let index = 0; index < this.#options.workers; index++) this.#workers.push(this.#spawn());
    await Promise.all(this.#workers.map((worker) => worker.line("ready")));

    const startedAt = performance.now();
    const chaos = [this.#killWorkers(), this.#killServers()];
    await this.#publish();
    await Promise.all([this.#settle(), chaos[1]]);
    this.#isOver = true;
    const elapsedMs = performance.now() - startedAt;
    await Promise.all(chaos);
    // A cluster that has just changed leaders drops a question now and then.
    return await eventually(() => this.#judge(elapsedMs), { timeoutMs: 60_000 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#workers.map((worker) => worker[Symbol.asyncDispose]()));
  }

  #spawn(): SpawnedScript {
    const servers = (this.#world.cluster?.urls ?? [this.#world.server.url]).join(",");
    const worker = spawnScript(new URL("./worker_process.ts", import.meta.url), {
      args: [servers, `${this.#options.ackWaitMs}`, `${this.#options.serverKills}`],
    });
    // Ends with the worker, which is killed at the latest when the soak is disposed of.
    void this.#listen(worker);
    return worker;
  }

  async #listen(worker: SpawnedScript): Promise<void> {
    for await (const line of worker.lines) {
      if (line.startsWith("violation: ")) this.#violations.push(line);
    }
  }

  async #publish(): Promise<void> {
    const publisher = createPublisher(this.#world.nc, reported, { retryForMs: 120_000 });
    for await (const result of publisher.publishEach(this.#reports, { maxInFlight: 256 })) {
      if (result.error !== undefined) throw result.error;
      this.#progress.published++;
      this.#tell();
    }
  }

  async #killWorkers(): Promise<void> {
    for (let index = 0; await this.#wait(this.#options.killEveryMs); index++) {
      const place = index % this.#workers.length;
      this.#workers[place] = await this.#replace(this.#workers[place]!);
      this.#progress.workerKills++;
    }
  }

  async #replace(worker: SpawnedScript): Promise<SpawnedScript> {
    const own = await Promise.race([worker.exited, undefined]);
    if (own === undefined) worker.kill("SIGKILL");
    else this.#violations.push(`a worker ended by itself: ${worker.stderr()}`);
    await worker.exited;
    return this.#spawn();
  }

  /** Kills a server each time another share of the work is done. */
  async #killServers(): Promise<void> {
    const { serverKills, events } = this.#options;
    for (let kill = 1; kill <= serverKills; kill++) {
      while (this.#progress.settled < events * kill / (serverKills + 1)) {
        if (!await this.#wait(20)) return;
      }
      await this.#killServer();
      this.#progress.serverKills++;
    }
  }

  async #killServer(): Promise<void> {
    const { cluster, server } = this.#world;
    const victim = await cluster?.streamLeader(NAMES.stream) ?? server;
    await victim.kill();
    await victim.restart();
    // A cluster that loses a second server of three stands still, which is not what is tried here.
    await cluster?.ready({ timeoutMs: 60_000 });
  }

  /** Waits until every event is settled, and counts meanwhile. */
  async #settle(): Promise<void> {
    const { consumers } = await jetstreamManager(this.#world.nc, { checkAPI: false });
    await eventually(async () => {
      const { ack_floor, num_ack_pending, num_pending } = await consumers.info(
        NAMES.stream,
        `${NAMES.component}_${NAMES.hook}`,
      );
      this.#progress.settled = Math.max(this.#progress.settled, ack_floor.stream_seq);
      this.#tell();
      if (num_pending + num_ack_pending > 0) {
        throw new Error(`${num_pending} events wait, ${num_ack_pending} are held`);
      }
    }, { timeoutMs: 600_000, intervalMs: 100 });
  }

  async #judge(elapsedMs: number): Promise<SoakReport> {
    const { nc } = this.#world;
    const effects = entity(await openBucket(nc, NAMES.bucket), {
      key: "{origin}.{id}",
      codec: json<number>(),
    });
    const wanted = new Map(this.#reports.map(({ id, ordinal }) => [id, ordinal]));
    let found = 0;
    let extra = 0;
    for await (const { key, value } of effects.entries()) {
      found++;
      if (wanted.get(key.id) === value) wanted.delete(key.id);
      else extra++;
    }
    const { streams } = await jetstreamManager(nc, { checkAPI: false });
    return {
      ...this.#progress,
      effects: found,
      missing: wanted.size,
      extra,
      stored: (await streams.info(NAMES.stream)).state.messages,
      dead: await deadLetters(nc, NAMES.component).count(),
      violations: this.#violations,
      elapsedMs,
    };
  }

  #tell(): void {
    this.#options.onProgress?.({ ...this.#progress });
  }

  /** Waits a while; false when the soak is over. */
  async #wait(ms: number): Promise<boolean> {
    const end = performance.now() + ms;
    while (!this.#isOver && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(ms, 20)));
    }
    return !this.#isOver;
  }
}
