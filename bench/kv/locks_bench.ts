/**
 * Locks against a raw put into the same bucket, and against two simpler ways to lock: a state that
 * everybody polls, and a key that whoever can create it holds.
 *
 * `locks_bench.ts [--check] [--rounds=7] [--turn-ms=300]`
 *
 * Times are in units of P, the median time of a put of the official client in the same round. With
 * `--check` it ends with status 3 if a budget is missed.
 *
 * @module
 */
import { Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/nats-core";
import process from "node:process";
import { parseArgs } from "node:util";
import { startNatsServer } from "../../src/dev/mod.ts";
import { openBucket } from "../../src/kv/mod.ts";
import { connect } from "../../src/transport/node.ts";
import { sharedNow } from "../../tests/kv/locks/_clock.ts";
import { spawnScript } from "../../tests/_support/spawn_script.ts";
import { cpuMicros } from "../frame/load.ts";
import { statusOf } from "../frame/report.ts";
import { processMicros } from "../frame/server_cpu.ts";
import { handOffsOf, loadLock, type LockLoad, type Use } from "./_lock_load.ts";
import { type Figure, reportLocks } from "./_lock_report.ts";
import { BUCKET, type LockWay, WAYS } from "./_lock_ways.ts";

const PROCESSES = 8;
const PUTS = 200;
const CYCLES = 150;
const COLD = 60;
const BURSTS = 8;

process.exitCode = await main(process.argv.slice(2));

/** Processor time, in microseconds. */
interface Used {
  readonly client: number;
  readonly server: number;
}

/** What all cases measure with. */
interface Bench {
  readonly nc: NatsConnection;
  readonly ways: Readonly<Record<string, LockWay>>;
  readonly turnMs: number;
  /** Processor time that all clients and the server have used, in microseconds. */
  used(): Promise<Used>;
  /** Lets the first so many processes do the same at the same time. */
  together(count: number, load: Omit<LockLoad, "startAt">): Promise<Use[]>;
}

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      check: { type: "boolean", default: false },
      rounds: { type: "string", default: "7" },
      "turn-ms": { type: "string", default: "300" },
    },
  });
  await using server = await startNatsServer({ onProgress: () => {} });
  const nc = await connect({ servers: server.url });
  await openBucket(nc, BUCKET, { republish: true });
  const script = new URL("./lock_process.ts", import.meta.url);
  const children = Array.from(
    { length: PROCESSES },
    (_, index) => spawnScript(script, { args: [server.url, `${index}`] }),
  );
  try {
    for (const child of children) await child.line("ready");
    const ways: Record<string, LockWay> = {};
    for (const [name, open] of Object.entries(WAYS)) ways[name] = await open(nc);
    const bench: Bench = {
      nc,
      ways,
      turnMs: Number(values["turn-ms"]),
      used: () => usedBy(children.map(({ pid }) => pid), server.pid),
      together: (count, load) => together(nc, count, load),
    };
    const rounds: Figure[][] = [];
    for (let round = 0; round <= Number(values.rounds); round++) {
      console.error(`round ${round} of ${values.rounds}`);
      const figures = await measureRound(bench, round);
      // The first one warms up.
      if (round > 0) rounds.push(figures);
    }
    await ways.shizuku![Symbol.asyncDispose]();
    const missed = reportLocks(rounds);
    return statusOf(values.check, missed);
  } finally {
    for (const child of children) await child[Symbol.asyncDispose]();
    await nc.close();
  }
}

async function usedBy(children: readonly number[], server: number | undefined): Promise<Used> {
  const others = await Promise.all(children.map(processMicros));
  const client = others.reduce((sum, micros) => sum + micros, cpuMicros());
  return { client, server: await processMicros(server) };
}

/** What something costs, divided by how often it is done. */
async function costOf(
  bench: Bench,
  [name, way]: readonly [name: string, way: string],
  work: () => Promise<number>,
): Promise<Figure[]> {
  const before = await bench.used();
  const times = await work();
  const after = await bench.used();
  return (["client", "server"] as const).map((kind) => ({
    name,
    way,
    unit: "µs",
    kind,
    value: (after[kind] - before[kind]) / times,
  }));
}

async function together(
  nc: NatsConnection,
  count: number,
  load: Omit<LockLoad, "startAt">,
): Promise<Use[]> {
  const question = JSON.stringify({ ...load, startAt: sharedNow() + 30 });
  const answers = await Promise.all(Array.from({ length: count }, async (_, index) => {
    const options = { timeout: load.turnMs + 60_000 };
    const reply = await nc.request(`control.lock.${index}`, question, options);
    const { uses, error } = reply.json<{ uses: Use[]; error?: string }>();
    if (error !== undefined) throw new Error(error);
    return uses;
  }));
  return answers.flat();
}

async function measureRound(bench: Bench, round: number): Promise<Figure[]> {
  const figures: Figure[] = [];
  figures.push(...await measurePut(bench));
  figures.push(...await measureOurs(bench, round));
  for (const way of Object.keys(WAYS)) figures.push(...await measureWay(bench, way, round));
  return figures;
}

async function measurePut(bench: Bench): Promise<Figure[]> {
  const kv = await new Kvm(bench.nc).open(BUCKET);
  const times: number[] = [];
  const cost = await costOf(bench, ["raw put", "put"], async () => {
    for (let count = 0; count < PUTS; count++) {
      const startedAt = sharedNow();
      await kv.put("put", "115 bytes".padEnd(115));
      times.push(sharedNow() - startedAt);
    }
    return PUTS;
  });
  return [
    ...cost,
    { name: "raw put", way: "put", unit: "ms", value: percentile(times, 0.5), kind: "p50" },
    { name: "raw put", way: "put", unit: "ms", value: percentile(times, 0.99), kind: "p99" },
  ];
}

/** What only our locks have, or have a budget for. */
async function measureOurs(bench: Bench, round: number): Promise<Figure[]> {
  const way = bench.ways.shizuku!;
  const cold: number[] = [];
  for (let count = 0; count < COLD; count++) {
    const startedAt = sharedNow();
    const held = await way.acquire(`cold.${round}.${count}`);
    cold.push(sharedNow() - startedAt);
    await held.release();
  }
  const local = await burst(bench, (name) => here(bench, "shizuku", name, 64));
  const spread = await burst(
    bench,
    (name) => bench.together(PROCESSES, readers(name, 64 / PROCESSES)),
  );
  return [
    figure("cold acquire", "shizuku", percentile(cold, 0.5)),
    figure("cold acquire", "shizuku", percentile(cold, 0.99), "p99"),
    figure("64 readers at once, 1 process", "shizuku", percentile(local, 0.5)),
    figure("64 readers at once, 8 x 8", "shizuku", percentile(spread, 0.5)),
  ];
}

/** From the first request to the last grant, several times. */
async function burst(
  { nc }: Bench,
  run: (name: string) => Promise<Use[]>,
): Promise<number[]> {
  const times: number[] = [];
  for (let count = 0; count < BURSTS; count++) {
    const uses = await run("burst");
    times.push(
      Math.max(...uses.map(([, granted]) => granted)) - Math.min(...uses.map(([at]) => at)),
    );
    await nc.flush();
  }
  return times;
}

function readers(name: string, workers: number): Omit<LockLoad, "startAt"> {
  return { way: "shizuku", name, mode: "read", workers, isOnce: true, turnMs: 0 };
}

function here(bench: Bench, way: string, name: string, workers: number): Promise<Use[]> {
  return loadLock(bench.ways[way]!, { ...readers(name, workers), startAt: sharedNow() });
}

/** What all ways can do. */
async function measureWay(bench: Bench, way: string, round: number): Promise<Figure[]> {
  const name = `way.${round}`;
  const [acquires, releases] = await measureCycles(bench.ways[way]!, name);
  const turnMs = way === "polling" ? 4 * bench.turnMs : bench.turnMs;
  const load = { way, name, mode: "write", isOnce: false, turnMs } as const;
  let [local, all]: [Use[], Use[]] = [[], []];
  const localCost = await costOf(bench, ["grants, 1 process", way], async () => {
    const now = { ...load, workers: 8, startAt: sharedNow() };
    local = await loadLock(bench.ways[way]!, now);
    return local.length;
  });
  const pair = await bench.together(2, { ...load, workers: 1 });
  const allCost = await costOf(bench, ["grants, 8 processes", way], async () => {
    all = await bench.together(PROCESSES, { ...load, workers: 1 });
    return all.length;
  });
  return [
    figure("warm acquire", way, percentile(acquires, 0.5)),
    figure("warm acquire", way, percentile(acquires, 0.99), "p99"),
    figure("warm release", way, percentile(releases, 0.5)),
    figure("warm release", way, percentile(releases, 0.99), "p99"),
    figure("hand-off, 1 process", way, percentile(handOffsOf(local), 0.5)),
    figure("hand-off, 1 process", way, percentile(handOffsOf(local), 0.99), "p99"),
    figure("hand-off, 2 processes", way, percentile(handOffsOf(pair), 0.5)),
    figure("hand-off, 2 processes", way, percentile(handOffsOf(pair), 0.99), "p99"),
    figure("hand-off, 8 processes", way, percentile(handOffsOf(all), 0.5)),
    figure("hand-off, 8 processes", way, percentile(handOffsOf(all), 0.99), "p99"),
    {
      name: "grants, 1 process",
      way,
      unit: "/s",
      value: local.length / turnMs * 1000,
      kind: "rate",
    },
    {
      name: "grants, 8 processes",
      way,
      unit: "/s",
      value: all.length / turnMs * 1000,
      kind: "rate",
    },
    ...localCost,
    ...allCost,
  ];
}

async function measureCycles(
  way: LockWay,
  name: string,
): Promise<[acquires: number[], releases: number[]]> {
  const acquires: number[] = [];
  const releases: number[] = [];
  for (let count = 0; count < CYCLES; count++) {
    const startedAt = sharedNow();
    const held = await way.acquire(name);
    const heldAt = sharedNow();
    await held.release();
    acquires.push(heldAt - startedAt);
    releases.push(sharedNow() - heldAt);
  }
  return [acquires, releases];
}

function figure(name: string, way: string, value: number, kind: "p50" | "p99" = "p50"): Figure {
  return { name, way, unit: "ms", value, kind };
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
