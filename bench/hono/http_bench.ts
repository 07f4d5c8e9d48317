/**
 * RPC over HTTP, over sockets: within the process against a route that does nothing else and against
 * the router of Connect-ES, and through NATS against a route that calls the raw client. Then the time
 * to write an OpenAPI document.
 *
 * `http_bench.ts [--check] [--rounds=7] [--turn-ms=500] [--in-flight=64]`
 *
 * With `--check` it ends with status 1 if a budget is missed.
 *
 * @module
 */
import { create, toBinary } from "@bufbuild/protobuf";
import type { DescService } from "@bufbuild/protobuf";
import { availableParallelism, loadavg } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import { startNatsServer } from "../../src/dev/mod.ts";
import { openapi } from "../../src/hono/mod.ts";
import { spawnScript } from "../../tests/_support/spawn_script.ts";
import { ShopService } from "../../tests/hono/gen/shop/v1/shop_pb.ts";
import type { Budget, Runtime } from "../services/_budgets.ts";
import { EchoRequestSchema, READING } from "../services/_contract.ts";
import { type LoadOptions, runLoad } from "../frame/load.ts";
import { comparePair, type Side } from "../services/_pair.ts";
import { startParticipant } from "../frame/participant.ts";
import { report, type Row } from "../services/_report.ts";
import { OPENAPI_MS, PLAIN_ROUTE, RAW_REQUEST, STOCK_ROUTER } from "./_budgets.ts";
import { HttpLoad } from "./_http_load.ts";

const RUNTIME: Runtime = "Deno" in globalThis ? "deno" : "Bun" in globalThis ? "bun" : "node";
const PATH = "/bench.v1.EchoService/Echo";

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      check: { type: "boolean", default: false },
      rounds: { type: "string", default: "7" },
      "turn-ms": { type: "string", default: "500" },
      "in-flight": { type: "string", default: "64" },
    },
  });
  const [load = 0] = loadavg();
  if (load >= availableParallelism() / 2) {
    console.error(`The machine is busy (load ${load.toFixed(1)}): trust the table only if not`);
  }
  const slow = measureOpenApi();
  await using nats = await startNatsServer({ jetstream: false, onProgress: () => {} });
  const script = new URL("../services/service_process.ts", import.meta.url);
  await using _service = await startParticipant(script, nats.url, "shizuku");
  const http = new URL("./http_server_process.ts", import.meta.url);
  await using server = spawnScript(http, { args: [nats.url] });
  const ports = JSON.parse((await server.line(/^ready /)).slice("ready ".length));
  const rows = await measureAll(ports, {
    rounds: Number(values.rounds),
    turnMs: Number(values["turn-ms"]),
    inFlight: Number(values["in-flight"]),
  });
  console.log(`\n10 fields on ${RUNTIME}: median (smallest-largest) of ${values.rounds} rounds\n`);
  const missed = report(rows, "RPC over HTTP, 10 fields") + slow;
  return values.check && missed > 0 ? 1 : 0;
}

async function measureAll(
  ports: Record<string, number>,
  options: { rounds: number; turnMs: number; inFlight: number },
): Promise<Row[]> {
  const pairs: [title: string, ours: string, baseline: string, type: string, budget: Budget][] = [
    ["JSON in process: rpc() to a plain route", "local", "plain", "json", PLAIN_ROUTE],
    ["JSON in process: rpc() to Connect's router", "local", "stock", "json", STOCK_ROUTER],
    [
      "binary through NATS: rpc() to nc.request()",
      "nats",
      "request",
      "proto",
      RAW_REQUEST[RUNTIME],
    ],
  ];
  const rows: Row[] = [];
  for (const [title, ours, baseline, type, budget] of pairs) {
    console.error(`measuring ${title}`);
    const cpuMicros = () => cpuMicrosOf(ports["cpu"]!);
    using our = loadOf(ports[ours]!, type);
    using their = loadOf(ports[baseline]!, type);
    for (const load of [our, their]) await checkAnswer(load);
    const result = await comparePair(sideOf(our, cpuMicros), sideOf(their, cpuMicros), options);
    rows.push({ title, inFlight: options.inFlight, figure: "perSecond", result, budget });
    rows.push({ title, inFlight: options.inFlight, figure: "serviceMicros", result });
  }
  return rows;
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
function sideOf(load: HttpLoad, cpuMicros: () => Promise<number>): Side {
  const caller = {
    load: (_: string, options: LoadOptions) => runLoad(() => load.call(), options),
  };
  return { caller, call: "http", service: { cpuMicros } };
}

/** The document of 100 services, each with its own messages; tells how many budgets were missed. */
function measureOpenApi(): number {
  const services = Array.from({ length: 100 }, (_, index) => renamed(ShopService, `S${index}`));
  const startedAt = performance.now();
  const document = openapi(services);
  const ms = performance.now() - startedAt;
  const isMet = ms <= OPENAPI_MS.atMost!;
  console.log(
    `OpenAPI of 100 services, ${Object.keys(document.paths).length} paths, the first time: ` +
      `${ms.toFixed(1)} ms, budget <= ${OPENAPI_MS.atMost} ms: ${isMet ? "met" : "MISSED"}`,
  );
  return isMet ? 0 : 1;
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
