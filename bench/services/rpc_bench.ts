/**
 * Typed calls against the raw client, our service against a bare callback and, on Node, typed calls
 * against Moleculer and NestJS. Callers and services are processes of their own.
 *
 * `rpc_bench.ts [--check] [--only=bytes,protobuf,service,rivals] [--rounds=7] [--turn-ms=400]`
 *
 * With `--check` it ends with status 1 if a budget is missed.
 *
 * @module
 */
import { availableParallelism, loadavg } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import { startNatsServer } from "../../src/dev/mod.ts";
import {
  type Budget,
  CALLER_CPU,
  P99,
  RIVALS,
  type Runtime,
  SERVICE,
  THROUGHPUT,
} from "./_budgets.ts";
import { comparePair, type PairResult, type Side } from "./_pair.ts";
import { startParticipant } from "./_participant.ts";
import { report, type Row } from "./_report.ts";
import { installRivals } from "./_rivals.ts";

const RUNTIME: Runtime = "Deno" in globalThis ? "deno" : "Bun" in globalThis ? "bun" : "node";

const PARTS = {
  bytes: measureCodec,
  protobuf: measureCodec,
  service: measureService,
  rivals: measureRivals,
};
type Part = keyof typeof PARTS;

/** What all parts measure with. */
interface Bench {
  rounds: number;
  turnMs: number;
  server: string;
  /** Typed calls of our service. */
  typed: Side;
  /** The raw client's calls of a bare callback. */
  raw: Side;
  /** Says what is being measured. */
  onProgress(what: string): void;
}

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      check: { type: "boolean", default: false },
      only: { type: "string", default: Object.keys(PARTS).join() },
      rounds: { type: "string", default: "7" },
      "turn-ms": { type: "string", default: "400" },
    },
  });
  warnIfBusy();
  await using server = await startNatsServer({ jetstream: false, onProgress: () => {} });
  await using bare = await startParticipant(script("service"), server.url, "bare");
  await using shizuku = await startParticipant(script("service"), server.url, "shizuku");
  await using raw = await startParticipant(script("caller"), server.url, "raw");
  await using typed = await startParticipant(script("caller"), server.url, "shizuku");
  const bench: Bench = {
    rounds: Number(values.rounds),
    turnMs: Number(values["turn-ms"]),
    server: server.url,
    typed: { caller: typed, call: "bytes", service: shizuku },
    raw: { caller: raw, call: "bytes", service: bare },
    onProgress: (what) => console.error(`measuring ${what}`),
  };
  const rows: Row[] = [];
  for (const part of values.only.split(",")) {
    if (!(part in PARTS)) {
      throw new Error(`Cannot measure "${part}": there are ${Object.keys(PARTS)}`);
    }
    rows.push(...await PARTS[part as Part](bench, part as Part));
  }
  console.log(
    `\n115 bytes and 10 fields on ${RUNTIME}: median (smallest-largest) of ${bench.rounds} rounds\n`,
  );
  const missed = report(rows);
  return values.check && missed > 0 ? 1 : 0;
}

/** What else runs takes its time from one side or the other, and makes every ratio a draw. */
function warnIfBusy(): void {
  const [load = 0] = loadavg();
  if (load < availableParallelism() / 2) return;
  console.error(`The machine is busy (load ${load.toFixed(1)}): trust the table only if it is not`);
}

function script(name: string): URL {
  return new URL(`./${name}_process.ts`, import.meta.url);
}

/** Typed calls with one codec against the same by hand. */
async function measureCodec(bench: Bench, part: Part): Promise<Row[]> {
  const codec = part as "bytes" | "protobuf";
  const title = `${codec}: typed to raw`;
  const [typed, raw] = [bench.typed, bench.raw].map((side) => ({ ...side, call: codec }));
  const rows: Row[] = [];
  for (const [inFlight, atLeast] of Object.entries(THROUGHPUT[RUNTIME][codec])) {
    const row = { title, inFlight: Number(inFlight) };
    const result = await pair(bench, title, typed!, raw!, row.inFlight);
    rows.push({ ...row, figure: "perSecond", result, budget: { atLeast } });
    const budget = row.inFlight === 64 && codec === "bytes" ? CALLER_CPU[RUNTIME] : undefined;
    rows.push({ ...row, figure: "callerMicros", result, budget });
    rows.push({ ...row, figure: "serviceMicros", result });
  }
  const row = { title, inFlight: 64 };
  const result = await pair(bench, `${title}, time of a call`, typed!, raw!, 64, true);
  rows.push({ ...row, figure: "p50Ms", result });
  rows.push({ ...row, figure: "p99Ms", result, budget: P99 });
  return rows;
}

/** The raw client against our service, and against a bare callback. */
async function measureService(bench: Bench): Promise<Row[]> {
  const title = "bytes: raw client, service to callback";
  const ours = { caller: bench.raw.caller, call: "service", service: bench.typed.service };
  const rows: Row[] = [];
  for (const inFlight of [64, 1_024]) {
    const result = await pair(bench, title, ours, bench.raw, inFlight);
    rows.push({ title, inFlight, figure: "perSecond", result, budget: SERVICE });
    rows.push({ title, inFlight, figure: "serviceMicros", result });
  }
  return rows;
}

/** Typed calls against other frameworks on NATS, which exist for Node only. */
async function measureRivals(bench: Bench): Promise<Row[]> {
  if (RUNTIME !== "node") return [];
  const folder = await installRivals();
  return [
    ...await measureRival(bench, "Moleculer (JSON)", "moleculer", ["JSON", folder]),
    ...await measureRival(bench, "Moleculer (CBOR)", "moleculer", ["CBOR", folder]),
    ...await measureRival(bench, "NestJS", "nest", [folder]),
  ];
}

async function measureRival(
  bench: Bench,
  name: keyof typeof RIVALS,
  file: string,
  args: string[],
): Promise<Row[]> {
  const title = `bytes: typed to ${name}`;
  const budget: Budget = RIVALS[name];
  await using service = await startParticipant(script(file), bench.server, "service", ...args);
  await using caller = await startParticipant(script(file), bench.server, "caller", ...args);
  const rows: Row[] = [];
  for (const inFlight of [64, 1_024]) {
    const theirs = { caller, call: "bytes", service };
    const result = await pair(bench, title, bench.typed, theirs, inFlight);
    rows.push({ title, inFlight, figure: "perSecond", result, budget });
  }
  return rows;
}

function pair(
  { rounds, turnMs, onProgress }: Bench,
  title: string,
  ours: Side,
  baseline: Side,
  inFlight: number,
  withLatencies: boolean = false,
): Promise<PairResult> {
  onProgress(`${title}, ${inFlight} in flight`);
  return comparePair(ours, baseline, { rounds, turnMs, inFlight, withLatencies });
}
