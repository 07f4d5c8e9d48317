/**
 * Publishing with acknowledgement and message id against the raw client's `publish()`, and what is
 * faster still: many at once, atomic batches, fast ingest. Publishers are processes of their own.
 *
 * `publish_bench.ts [--check] [--only=memory,file,protobuf,bulk] [--rounds=5] [--turn-ms=300]`
 *
 * With `--check` it ends with status 1 if a budget is missed.
 *
 * @module
 */
import { availableParallelism, loadavg } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import { startNatsServer } from "../../src/dev/mod.ts";
import { connect } from "../../src/transport/node.ts";
import type { Runtime } from "../services/_budgets.ts";
import { type Participant, startParticipant } from "../services/_participant.ts";
import { report, type Row } from "../services/_report.ts";
import { BULK, PUBLISH } from "./_budgets.ts";
import { race, type Way } from "./_race.ts";
import { BATCH, BULK_SIZE, makeStreams, type Storage, STORAGES } from "./_streams.ts";

const RUNTIME: Runtime = "Deno" in globalThis ? "deno" : "Bun" in globalThis ? "bun" : "node";

const PARTS = {
  memory: (bench: Bench) => measurePublish(bench, "memory"),
  file: (bench: Bench) => measurePublish(bench, "file"),
  protobuf: measureProtobuf,
  bulk: measureBulk,
};

/** What all parts measure with. */
interface Bench {
  rounds: number;
  turnMs: number;
  shizuku: Participant;
  raw: Participant;
}

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      check: { type: "boolean", default: false },
      only: { type: "string", default: Object.keys(PARTS).join() },
      rounds: { type: "string", default: "5" },
      "turn-ms": { type: "string", default: "300" },
    },
  });
  warnIfBusy();
  await using server = await startNatsServer({ onProgress: () => {} });
  const nc = await connect({ servers: server.url });
  await makeStreams(nc);
  await nc.close();
  const script = new URL("./publisher_process.ts", import.meta.url);
  await using raw = await startParticipant(script, server.url, "raw");
  await using shizuku = await startParticipant(script, server.url, "shizuku");
  const bench = { rounds: Number(values.rounds), turnMs: Number(values["turn-ms"]), raw, shizuku };
  const rows: Row[] = [];
  for (const part of values.only.split(",")) {
    if (!(part in PARTS)) {
      throw new Error(`Cannot measure "${part}": there are ${Object.keys(PARTS)}`);
    }
    console.error(`measuring ${part}`);
    rows.push(...await PARTS[part as keyof typeof PARTS](bench));
  }
  console.log(`\n115 bytes on ${RUNTIME}: median (smallest-largest) of ${bench.rounds} rounds\n`);
  const missed = report(rows);
  return values.check && missed > 0 ? 1 : 0;
}

/** What else runs takes its time from one side or the other, and makes every ratio a draw. */
function warnIfBusy(): void {
  const [load = 0] = loadavg();
  if (load < availableParallelism() / 2) return;
  console.error(`The machine is busy (load ${load.toFixed(1)}): trust the table only if it is not`);
}

/** One event after the other, and many at once, against the raw client. */
async function measurePublish({ shizuku, raw, ...options }: Bench, call: Storage): Promise<Row[]> {
  const title = `publish, ${call}: ours to raw`;
  const rows: Row[] = [];
  for (const [text, budget] of Object.entries(PUBLISH[RUNTIME])) {
    const inFlight = Number(text);
    const [ours, theirs] = [shizuku, raw].map((publisher): Way => ({ publisher, call, inFlight }));
    const result = await race(ours!, theirs!, options);
    rows.push({ title, inFlight, figure: "perSecond", result, budget });
    rows.push({ title, inFlight, figure: "callerMicros", result });
  }
  return rows;
}

/** Typed events on dynamic subjects, against protobuf and the subject by hand. */
async function measureProtobuf({ shizuku, raw, ...options }: Bench): Promise<Row[]> {
  const rows: Row[] = [];
  for (const inFlight of [64, 1_024]) {
    const call = "memory-protobuf";
    const [ours, theirs] = [shizuku, raw].map((publisher): Way => ({ publisher, call, inFlight }));
    const result = await race(ours!, theirs!, options);
    const title = "publish, memory, protobuf: ours to raw";
    rows.push({ title, inFlight, figure: "perSecond", result });
  }
  return rows;
}

/** What publishes many events in one call, against `publish()` and the raw client's, 1,024 in flight. */
async function measureBulk({ shizuku, raw, ...options }: Bench): Promise<Row[]> {
  const rows: Row[] = [];
  for (const storage of STORAGES) {
    const ways: [name: string, call: string, inFlight: number, events: number][] = [
      ["publishMany", "many", 1, BULK_SIZE],
      [`publishBatch of ${BATCH}`, "batch", 4, BATCH],
      ["ingest", "ingest", 1, BULK_SIZE],
    ];
    for (const [name, way, inFlight, events] of ways) {
      const ours = { publisher: shizuku, call: `${storage}-${way}`, inFlight, events };
      const single = { call: storage, inFlight: 1_024 };
      const result = await race(ours, { ...single, publisher: shizuku }, options);
      const budget = BULK[storage][way];
      const title = `${name}, ${storage}`;
      rows.push({ title: `${title}: to publish`, inFlight, figure: "perSecond", result, budget });
      rows.push({ title: `${title}: to publish`, inFlight, figure: "callerMicros", result });
      const toRaw = await race(ours, { ...single, publisher: raw }, options);
      rows.push({ title: `${title}: to raw`, inFlight, figure: "perSecond", result: toRaw });
    }
  }
  return rows;
}
