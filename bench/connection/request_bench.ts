/**
 * What a request costs through the border, against the client's own `request()`.
 *
 * `request_bench.ts [--rounds=5]`
 *
 * @module
 */
import { jetstream, jetstreamManager, StorageType } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import process from "node:process";
import { borderOf } from "../../src/connection/mod.ts";
import { startNatsServer } from "../../src/dev/mod.ts";
import { connect } from "../../src/transport/node.ts";
import { spawnScript } from "../../tests/_support/spawn_script.ts";
import type { CaseResult } from "../frame/model.ts";
import { roundsAsked } from "../frame/options.ts";
import { report, warnIfBusy } from "../frame/report.ts";
import { compareCosts, type Operation } from "./_compare_costs.ts";

const PAYLOAD = new Uint8Array(115).fill(7);

const rounds = roundsAsked(process.argv, 5);

warnIfBusy();
await using server = await startNatsServer({ onProgress: () => {} });
await using responder = spawnScript(new URL("./echo_process.ts", import.meta.url), {
  args: [server.url],
});
await responder.line("ready");
const nc = await connect({ servers: server.url });
const { call, nc: inheriting } = borderOf(nc);

const REQUESTS: Record<string, Operation> = {
  "raw nc.request": () => nc.request("echo", PAYLOAD, { timeout: 5_000 }),
  "border.nc.request": () => inheriting.request("echo", PAYLOAD, { timeout: 5_000 }),
  "border.call": () => call("echo", PAYLOAD, { timeoutMs: 5_000 }),
  "border.call, reply suffix": () =>
    call("echo", PAYLOAD, { timeoutMs: 5_000, replySuffix: "5000" }),
};
const SIZES = [{ inFlight: 1, calls: 4_000 }, { inFlight: 64 }, { inFlight: 1_024 }];
const cases: CaseResult[] = [];
for (const size of SIZES) {
  const pids = { service: responder.pid, server: server.pid };
  cases.push(await compareCosts("request and reply", REQUESTS, { ...size, rounds, pids }));
}
cases.push(...await publish(nc, inheriting));
await nc.close();
report("The border to the client, 115 bytes", cases);

async function publish(raw: NatsConnection, own: NatsConnection): Promise<CaseResult[]> {
  const manager = await jetstreamManager(raw, { checkAPI: false });
  await manager.streams.add({
    name: "BENCH",
    subjects: ["bench"],
    storage: StorageType.Memory,
    max_msgs: 1_000,
  });
  const [rawClient, ownClient] = [jetstream(raw), jetstream(own)];
  const publishes: Record<string, Operation> = {
    "jetstream(nc).publish": () => rawClient.publish("bench", PAYLOAD),
    "jetstream(border.nc).publish": () => ownClient.publish("bench", PAYLOAD),
  };
  const cases: CaseResult[] = [];
  for (const size of SIZES) {
    const options = { ...size, rounds, pids: { server: server.pid } };
    cases.push(await compareCosts("JetStream publish with ack", publishes, options));
  }
  return cases;
}
