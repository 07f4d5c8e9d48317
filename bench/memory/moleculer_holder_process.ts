/**
 * Moleculer with many actions, or with many calls under way: `moleculer_holder_process.ts SERVER ID
 * FOLDER [silent]`, where `silent` is who never answers.
 *
 * @module
 */
import assert from "node:assert/strict";
import process from "node:process";
import { setImmediate } from "node:timers/promises";
import { eventually } from "../../tests/_support/eventually.ts";
import type { Sample } from "../frame/model.ts";
import { participate } from "../frame/participant.ts";
import { importRival } from "../frame/rivals.ts";
import { PAYLOAD } from "../services/_contract.ts";
import { holdCalls, measured, TIMEOUT_MS } from "./_measured.ts";

/** What is used of it. */
interface Broker {
  createService(schema: { name: string; actions: Record<string, () => unknown> }): void;
  start(): Promise<void>;
  waitForServices(name: string): Promise<unknown>;
  call(action: string, params: unknown): Promise<unknown>;
  readonly transit: { readonly tx: { readonly subscriptions: readonly unknown[] } };
}
interface Moleculer {
  default: { ServiceBroker: new (options: Record<string, unknown>) => Broker };
}

const [server = "", id = "", folder = "", role] = process.argv.slice(2);
const { default: { ServiceBroker } } = await importRival<Moleculer>(folder, "moleculer");
if (role === "silent") await beSilent();
await participate(server, id, { tasks: { subscribe, call } });

/** With `disableBalancer` each action is a subscription, as NATS shares work out by itself. */
function brokerOf(disableBalancer: boolean): Broker {
  return new ServiceBroker({
    nodeID: id,
    transporter: server,
    requestTimeout: TIMEOUT_MS,
    disableBalancer,
    // As it is, it refuses more than 50,000 calls at once.
    transit: { maxQueueSize: 1_000_000 },
    logger: false,
  });
}

async function beSilent(): Promise<void> {
  const broker = brokerOf(false);
  broker.createService({ name: "silent", actions: { wait: () => new Promise(() => {}) } });
  await broker.start();
}

/** A service with so many actions. */
function subscribe(count: number): Promise<Sample> {
  return measured(count, async () => {
    const broker = brokerOf(true);
    const actions: Record<string, () => unknown> = {};
    for (let index = 0; index < count; index++) actions[`m${index}`] = () => null;
    broker.createService({ name: "memory", actions });
    await broker.start();
    // It subscribes about a second later, when no more services have come.
    await eventually(() => assert.ok(broker.transit.tx.subscriptions.length >= count));
  });
}

/** So many calls that nobody answers. */
async function call(count: number): Promise<Sample> {
  const broker = brokerOf(false);
  await broker.start();
  await broker.waitForServices("silent");
  const payload = new TextDecoder().decode(PAYLOAD);
  return await holdCalls(
    count,
    () => broker.call("silent.wait", { payload }),
    () => setImmediate(),
  );
}
