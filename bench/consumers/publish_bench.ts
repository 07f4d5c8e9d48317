/**
 * Publishing with acknowledgement: ours with its message id, the raw client with one, a bare socket,
 * and on Node the closest rival; then what is faster still: many at once, atomic batches, fast ingest.
 * Publishers are processes of their own.
 *
 * `publish_bench.ts [--check] [--only=memory,file,protobuf,bulk] [--rounds=7] [--turn-ms=400]`
 *
 * With `--check` it ends with status 3 if a budget is missed.
 *
 * @module
 */
import process from "node:process";
import { startNatsServer } from "../../src/dev/mod.ts";
import { connect } from "../../src/transport/node.ts";
import { callingContestant } from "../frame/call_turn.ts";
import { contest, type Contestant } from "../frame/contest.ts";
import type { CaseResult } from "../frame/model.ts";
import { type BenchOptions, parseOptions } from "../frame/options.ts";
import { type Participant, Participants } from "../frame/participant.ts";
import { report, runtime, statusOf, warnIfBusy } from "../frame/report.ts";
import { installRivals } from "../frame/rivals.ts";
import { BULK, PUBLISH } from "./_budgets.ts";
import { BATCH, BULK_SIZE, makeStreams, type Storage, STORAGES } from "./_streams.ts";

const RUNTIME = runtime();
const [OURS, RAW] = ["shizuku", "raw nats.js"];
const RIVAL_NOTE = "`nestjs-jetstream` does not wait for the stream: it is given a round trip to " +
  "the server for all events of one go, and no message id.";

const BULK_NOTE = "In bulk, times are those of a whole call.";

const PARTS: Record<string, (field: Field) => Promise<CaseResult[]>> = {
  memory: (field) => measurePublish(field, "memory"),
  file: (field) => measurePublish(field, "file"),
  protobuf: measureProtobuf,
  bulk: measureBulk,
};

/** Everybody who takes part. */
interface Field {
  ours: Participant;
  raw: Participant;
  floor: Participant;
  /** Exists for Node only. */
  rival: Participant | undefined;
  serverPid: number | undefined;
  options: BenchOptions;
}

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const options = parseOptions(args, Object.keys(PARTS));
  warnIfBusy();
  await using server = await startNatsServer({ onProgress: () => {} });
  const nc = await connect({ servers: server.url });
  await makeStreams(nc);
  await nc.close();
  await using processes = new Participants(server.url);
  const start = (file: string, ...args: string[]) =>
    processes.start(new URL(`./${file}_process.ts`, import.meta.url), ...args);
  const field: Field = {
    options,
    serverPid: server.pid,
    raw: await start("publisher", "raw"),
    ours: await start("publisher", "shizuku"),
    floor: await start("publisher", "floor"),
    rival: RUNTIME === "node"
      ? await start("nestjs_jetstream", "publisher", await installRivals("consumers"))
      : undefined,
  };
  const cases: CaseResult[] = [];
  for (const part of options.only) cases.push(...await PARTS[part]!(field));
  const missed = report("Publishing with acknowledgement, 115 bytes", cases);
  return statusOf(options.isChecked, missed);
}

/** One event after the other, and many at once. */
async function measurePublish(field: Field, storage: Storage): Promise<CaseResult[]> {
  const cases: CaseResult[] = [];
  for (const [text, bound] of Object.entries(PUBLISH[RUNTIME])) {
    const inFlight = Number(text);
    const entrants = [
      publisher(field, RAW!, field.raw, storage, inFlight),
      publisher(field, OURS!, field.ours, storage, inFlight),
      publisher(field, "bare socket", field.floor, storage, inFlight),
    ];
    const hasRival = field.rival !== undefined && storage === "file";
    if (hasRival) {
      entrants.push(publisher(field, "nestjs-jetstream", field.rival!, "emit", inFlight));
    }
    const budgets = [{ contestant: OURS!, figure: "perSecond" as const, ...bound }];
    const name = `publish, ${storage}, ${inFlight.toLocaleString("en")} in flight`;
    const note = hasRival ? { note: RIVAL_NOTE } : {};
    cases.push(await hold(field, name, entrants, { budgets, ...note }));
  }
  return cases;
}

/** Typed events on dynamic subjects, against protobuf and the subject by hand. */
async function measureProtobuf(field: Field): Promise<CaseResult[]> {
  const cases: CaseResult[] = [];
  for (const inFlight of [64, 1_024]) {
    const entrants = [
      publisher(field, RAW!, field.raw, "memory-protobuf", inFlight),
      publisher(field, OURS!, field.ours, "memory-protobuf", inFlight),
    ];
    const name = `publish, memory, 10 fields, ${inFlight.toLocaleString("en")} in flight`;
    cases.push(await hold(field, name, entrants));
  }
  return cases;
}

/** What publishes many events in one call, against single ones with 1,024 in flight. */
async function measureBulk(field: Field): Promise<CaseResult[]> {
  const cases: CaseResult[] = [];
  for (const storage of STORAGES) {
    const ways: [name: string, call: string, inFlight: number, events: number][] = [
      ["shizuku: publishMany", "many", 1, BULK_SIZE],
      [`shizuku: batches of ${BATCH}`, "batch", 4, BATCH],
      ["shizuku: ingest", "ingest", 1, BULK_SIZE],
    ];
    const entrants = [
      publisher(field, RAW!, field.raw, storage, 1_024),
      publisher(field, OURS!, field.ours, storage, 1_024),
      ...ways.map(([name, way, inFlight, events]) =>
        publisher(field, name, field.ours, `${storage}-${way}`, inFlight, events)
      ),
    ];
    const budgets = ways.flatMap(([contestant, way]) => {
      const budget = { contestant, to: OURS!, figure: "perSecond" as const };
      return BULK[storage][way] === undefined ? [] : [{ ...budget, ...BULK[storage][way] }];
    });
    cases.push(await hold(field, `bulk, ${storage}`, entrants, { budgets, note: BULK_NOTE }));
  }
  return cases;
}

function publisher(
  { serverPid, options: { turnMs } }: Field,
  name: string,
  caller: Participant,
  call: string,
  inFlight: number,
  operations: number = 1,
): Contestant {
  const side = { caller, call, serverPid, operations };
  return callingContestant(name, side, { inFlight, turnMs }, name.startsWith(OURS!));
}

function hold(
  { options: { rounds, turnMs } }: Field,
  name: string,
  contestants: Contestant[],
  rest: Pick<CaseResult, "budgets" | "note"> = {},
): Promise<CaseResult> {
  console.error(`measuring ${name}`);
  return contest(name, contestants, { rounds, turnMs, baseline: RAW!, ...rest });
}
