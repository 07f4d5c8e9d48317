/**
 * Requests and replies: typed calls, the raw client, the official package for services and a bare
 * socket, and on Node the frameworks on NATS. Callers and services are processes of their own.
 *
 * `rpc_bench.ts [--check] [--only=bytes,protobuf,headers,wait] [--rounds=7] [--turn-ms=400]`
 *
 * With `--check` it ends with status 3 if a budget is missed.
 *
 * @module
 */
import process from "node:process";
import { startNatsServer } from "../../src/dev/mod.ts";
import { callingContestant, type Side } from "../frame/call_turn.ts";
import { contest } from "../frame/contest.ts";
import type { Budget, CaseResult } from "../frame/model.ts";
import { type BenchOptions, parseOptions } from "../frame/options.ts";
import { type Participant, Participants } from "../frame/participant.ts";
import { report, runtime, statusOf, warnIfBusy } from "../frame/report.ts";
import { installRivals } from "../frame/rivals.ts";
import { CALLER_CPU, P99, RIVALS, SERVICE, THROUGHPUT } from "./_budgets.ts";

const RUNTIME = runtime();
const OURS = "shizuku";
const SERVICE_ALONE = "raw to our service";

/** What each part measures. */
const PARTS: Record<string, (field: Field) => Promise<CaseResult[]>> = {
  bytes: (field) => measureEcho(field, "bytes"),
  protobuf: (field) => measureEcho(field, "protobuf"),
  headers: async (field) => [
    ...await measureEcho(field, "bytes, headers"),
    ...await measureEcho(field, "protobuf, headers"),
  ],
  wait: measureWait,
};

/** Somebody who takes part: who calls, who answers, and what its calls are named. */
interface Entrant extends Omit<Side, "call"> {
  readonly name: string;
  /** Stands before the names of its calls. */
  readonly prefix?: string;
  readonly isOurs?: boolean;
}

/** Everybody who takes part. */
interface Field {
  entrants: Entrant[];
  options: BenchOptions;
}

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const options = parseOptions(args, Object.keys(PARTS));
  warnIfBusy();
  await using server = await startNatsServer({ jetstream: false, onProgress: () => {} });
  await using processes = new Participants(server.url);
  const field = { options, entrants: await enter(processes, server.pid) };
  const cases: CaseResult[] = [];
  for (const part of options.only) cases.push(...await PARTS[part]!(field));
  const missed = report("Requests and replies, 115 bytes or 10 fields", cases);
  return statusOf(options.isChecked, missed);
}

type Start = (file: string, ...args: string[]) => Promise<Participant>;

/** Starts everybody who takes part. */
async function enter(
  processes: Participants,
  serverPid: number | undefined,
): Promise<Entrant[]> {
  const start: Start = (file, ...args) =>
    processes.start(new URL(`./${file}_process.ts`, import.meta.url), ...args);
  const services = {
    bare: await start("service", "bare"),
    ours: await start("service", OURS),
    micro: await start("service", "micro"),
    floor: await start("service", "floor"),
  };
  const raw = await start("caller", "raw");
  const typed = await start("caller", OURS);
  const floor = await start("caller", "floor");
  const entrants: Omit<Entrant, "serverPid">[] = [
    { name: "raw nats.js", caller: raw, service: services.bare, prefix: "bare: " },
    { name: OURS, caller: typed, service: services.ours, isOurs: true },
    {
      name: SERVICE_ALONE,
      caller: raw,
      service: services.ours,
      prefix: "shizuku: ",
      isOurs: true,
    },
    { name: "@nats-io/services", caller: raw, service: services.micro, prefix: "micro: " },
    { name: "bare socket", caller: floor, service: services.floor },
    ...RUNTIME === "node" ? await enterRivals(start) : [],
  ];
  return entrants.map((entrant) => ({ ...entrant, serverPid }));
}

/** The frameworks on NATS, which exist for Node only. */
async function enterRivals(start: Start): Promise<Omit<Entrant, "serverPid">[]> {
  const folder = await installRivals("services");
  const rivals = {
    "NestJS": ["nest", folder],
    "Moleculer (JSON)": ["moleculer", "JSON", folder],
    "Moleculer (CBOR)": ["moleculer", "CBOR", folder],
  };
  const entrants: Omit<Entrant, "serverPid">[] = [];
  for (const [name, [file, ...args]] of Object.entries(rivals)) {
    const service = await start(file!, "service", ...args);
    entrants.push({ name, service, caller: await start(file!, "caller", ...args) });
  }
  return entrants;
}

/** Answers with what was sent, with 1, 64 and 1,024 calls in flight. */
async function measureEcho(field: Field, call: string): Promise<CaseResult[]> {
  const cases: CaseResult[] = [];
  for (const inFlight of [1, 64, 1_024]) {
    cases.push(await measure(field, "echo", call, inFlight, budgetsOf(call, inFlight)));
  }
  return cases;
}

/** A handler that takes a millisecond, 64 calls in flight. */
async function measureWait(field: Field): Promise<CaseResult[]> {
  return [await measure(field, "1 ms handler, bytes", "wait", 64)];
}

async function measure(
  { entrants, options: { rounds, turnMs } }: Field,
  work: string,
  call: string,
  inFlight: number,
  budgets: Budget[] = [],
): Promise<CaseResult> {
  const what = call === "wait" ? work : `${work}, ${call}`;
  const name = `${what}, ${inFlight.toLocaleString("en")} in flight`;
  console.error(`measuring ${name}`);
  const contestants = entrants.map(({ name, prefix = "", isOurs, ...side }) =>
    callingContestant(name, { ...side, call: prefix + call }, { inFlight, turnMs }, isOurs)
  );
  return await contest(name, contestants, {
    rounds,
    turnMs,
    baseline: "raw nats.js",
    ...budgets.length === 0 ? {} : { budgets },
  });
}

function budgetsOf(call: string, inFlight: number): Budget[] {
  if (call !== "bytes" && call !== "protobuf") return [];
  const ours = { contestant: OURS, figure: "perSecond" } as const;
  const budgets: Budget[] = [{ ...ours, atLeast: THROUGHPUT[RUNTIME][call][inFlight]! }];
  if (inFlight === 64) budgets.push({ contestant: OURS, figure: "p99Ms", ...P99 });
  if (call !== "bytes" || inFlight === 1) return budgets;
  budgets.push({ contestant: SERVICE_ALONE, figure: "perSecond", ...SERVICE });
  const cpu = CALLER_CPU[RUNTIME];
  if (cpu && inFlight === 64) budgets.push({ contestant: OURS, figure: "clientMicros", ...cpu });
  if (RUNTIME !== "node") return budgets;
  return [...budgets, ...Object.entries(RIVALS).map(([to, bound]) => ({ ...ours, to, ...bound }))];
}
