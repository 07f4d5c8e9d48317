/**
 * RPC over HTTP, over sockets: within the process against a route that does nothing else and against
 * the router of Connect-ES, and through NATS against a route that calls the raw client. Then the time
 * to write an OpenAPI document.
 *
 * `http_bench.ts [--check] [--only=json,nats,json-nats,openapi] [--rounds=7] [--turn-ms=500]`
 *
 * With `--check` it ends with status 3 if a budget is missed.
 *
 * @module
 */
import { create, toBinary } from "@bufbuild/protobuf";
import type { DescService } from "@bufbuild/protobuf";
import process from "node:process";
import { startNatsServer } from "../../src/dev/mod.ts";
import { openapi } from "../../src/hono/openapi.ts";
import { spawnScript } from "../../tests/_support/spawn_script.ts";
import { ShopService } from "../../tests/hono/gen/shop/v1/shop_pb.ts";
import { callingContestant, type Side } from "../frame/call_turn.ts";
import { contest } from "../frame/contest.ts";
import { type LoadOptions, runLoad } from "../frame/load.ts";
import type { Budget, CaseResult } from "../frame/model.ts";
import { type BenchOptions, parseOptions } from "../frame/options.ts";
import { startParticipant } from "../frame/participant.ts";
import { report, runtime, statusOf, warnIfBusy } from "../frame/report.ts";
import { EchoRequestSchema, READING } from "../services/_contract.ts";
import { OPENAPI_MS, PLAIN_ROUTE, RAW_REQUEST, STOCK_ROUTER } from "./_budgets.ts";
import { HttpLoad } from "./_http_load.ts";

const PATH = "/bench.v1.EchoService/Echo";

const figure = "perSecond";
/** What is measured: the names of its contestants with their servers, the baseline first. */
const PARTS: Record<string, Part> = {
  json: {
    name: "unary, JSON in process",
    type: "json",
    servers: { "plain Hono": "plain", "Connect router": "stock", "shizuku": "local" },
    budgets: [
      { contestant: "shizuku", figure, ...PLAIN_ROUTE },
      { contestant: "shizuku", figure, to: "Connect router", ...STOCK_ROUTER },
    ],
  },
  nats: {
    name: "unary, binary through NATS",
    type: "proto",
    servers: { "Hono and nc.request": "request", "shizuku": "nats" },
    budgets: [{ contestant: "shizuku", figure, ...RAW_REQUEST[runtime()] }],
  },
  "json-nats": {
    name: "unary, JSON: through NATS to in process",
    type: "json",
    servers: { "shizuku in process": "local", "shizuku through NATS": "nats" },
    budgets: [],
  },
};

interface Part {
  readonly name: string;
  readonly type: "json" | "proto";
  readonly servers: Readonly<Record<string, string>>;
  readonly budgets: readonly Budget[];
}

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const options = parseOptions(args, [...Object.keys(PARTS), "openapi"], { turnMs: 500 });
  warnIfBusy();
  // First, while nothing is compiled: what a start of an application pays.
  const cases = options.only.includes("openapi") ? [measureOpenApi()] : [];
  await using nats = await startNatsServer({ jetstream: false, onProgress: () => {} });
  const script = new URL("../services/service_process.ts", import.meta.url);
  await using _service = await startParticipant(script, nats.url, "shizuku");
  const http = new URL("./http_server_process.ts", import.meta.url);
  await using server = spawnScript(http, { args: [nats.url] });
  const ports = JSON.parse((await server.line(/^ready /)).slice("ready ".length));
  for (const name of options.only) {
    if (PARTS[name] === undefined) continue;
    for (const inFlight of [1, 64]) {
      cases.push(await measure(PARTS[name], ports, inFlight, nats.pid, options));
    }
  }
  const missed = report("RPC over HTTP, 10 fields", cases);
  return statusOf(options.isChecked, missed);
}

async function measure(
  { name, type, servers, budgets }: Part,
  ports: Record<string, number>,
  inFlight: number,
  serverPid: number | undefined,
  { rounds, turnMs }: BenchOptions,
): Promise<CaseResult> {
  console.error(`measuring ${name}, ${inFlight} in flight`);
  const loads = Object.entries(servers).map(([name, server]) => ({
    name,
    load: loadOf(ports[server]!, type),
  }));
  for (const { load } of loads) await checkAnswer(load);
  const contestants = loads.map(({ name, load }) => {
    const side = sideOf(load, () => cpuMicrosOf(ports["cpu"]!), serverPid);
    return callingContestant(name, side, { inFlight, turnMs }, name.startsWith("shizuku"));
  });
  const result = await contest(`${name}, ${inFlight} in flight`, contestants, {
    rounds,
    turnMs,
    baseline: loads[0]!.name,
    ...inFlight === 64 && budgets.length > 0 ? { budgets } : {},
  });
  for (const { load } of loads) load[Symbol.dispose]();
  return result;
}

function loadOf(port: number, type: string): HttpLoad {
  const body = type === "json"
    ? new TextEncoder().encode(JSON.stringify(READING))
    : toBinary(EchoRequestSchema, create(EchoRequestSchema, READING));
  return new HttpLoad({ port, path: PATH, contentType: `application/${type}`, body });
}

async function checkAnswer(load: HttpLoad): Promise<void> {
  const answer = new TextDecoder().decode(await load.call());
  if (!answer.includes(READING.id!)) throw new Error(`Cannot measure as it answers ${answer}`);
}

/** Processor time that the servers' process has used. */
async function cpuMicrosOf(port: number): Promise<number> {
  return await (await fetch(`http://127.0.0.1:${port}/`)).json();
}

/** This process makes the load. */
function sideOf(
  load: HttpLoad,
  cpuMicros: () => Promise<number>,
  serverPid: number | undefined,
): Side {
  const caller = {
    load: (_: string, options: LoadOptions) => runLoad(() => load.call(), options),
  };
  return { caller, call: "http", service: { cpuMicros }, serverPid };
}

/** The document of 100 services, each with its own messages, the first time. */
function measureOpenApi(): CaseResult {
  const services = Array.from({ length: 100 }, (_, index) => renamed(ShopService, `S${index}`));
  const startedAt = performance.now();
  const document = openapi(services);
  const ms = performance.now() - startedAt;
  return {
    name: `OpenAPI of 100 services, ${Object.keys(document.paths).length} paths`,
    contestants: [{ name: "shizuku", isOurs: true, figures: { ms: [ms] } }],
    budgets: [{ contestant: "shizuku", figure: "ms", to: null, ...OPENAPI_MS }],
  };
}

function renamed(service: DescService, name: string): DescService {
  const rename = (typeName: string) => `${typeName}${name}`;
  const copy = { ...service, typeName: rename(service.typeName) } as DescService;
  const methods = service.methods.map((method) => ({
    ...method,
    parent: copy,
    input: { ...method.input, typeName: rename(method.input.typeName) },
    output: { ...method.output, typeName: rename(method.output.typeName) },
  }));
  return { ...copy, methods } as DescService;
}
