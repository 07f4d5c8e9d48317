/**
 * The client end of the benchmark: `writer_process.ts SERVER ID raw|shizuku`.
 *
 * @module
 */
import { Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/nats-core";
import process from "node:process";
import { bytes } from "../../src/core/mod.ts";
import { entity, openBucket } from "../../src/kv/mod.ts";
import { connect } from "../../src/transport/node.ts";
import { type Call, participate } from "../frame/participant.ts";
import { checkEcho, PAYLOAD } from "../services/_contract.ts";

/** So many keys are in use, each by one operation at a time. */
const KEYS = 1_024;

const [server = "", id = "", way] = process.argv.slice(2);
const nc = await connect({ servers: server });
const calls = way === "raw" ? await rawCalls(nc) : await typedCalls(nc);
await participate(server, id, { calls, check: checkEcho });

/** Hands out keys in turn. */
function keysInTurn(): () => string {
  let next = 0;
  return () => String(next++ % KEYS);
}

/** What one writes with the official client. */
async function rawCalls(nc: NatsConnection): Promise<Record<string, Call>> {
  const direct = await new Kvm(nc).create("raw", { storage: "memory" as never });
  const leader = await new Kvm(nc).open("raw");
  const [key, updateKey] = [keysInTurn(), keysInTurn()];
  const revisions = new Map<string, number>();
  for (let index = 0; index < KEYS; index++) {
    revisions.set(String(index), await direct.put(`item.${index}`, PAYLOAD));
  }
  const put = async () => {
    await direct.put(`item.${key()}`, PAYLOAD);
    return PAYLOAD;
  };
  const updated = await new Kvm(nc).create("raw_updated", { storage: "memory" as never });
  for (const one of revisions.keys()) revisions.set(one, await updated.put(`item.${one}`, PAYLOAD));
  return {
    put,
    modify: put,
    get: async () => (await direct.get(`item.${key()}`))!.value,
    "leader get": async () => (await leader.get(`item.${key()}`))!.value,
    async update() {
      const one = updateKey();
      revisions.set(one, await updated.update(`item.${one}`, PAYLOAD, revisions.get(one)!));
      return PAYLOAD;
    },
  };
}

/** The same with everything that the library does. */
async function typedCalls(nc: NatsConnection): Promise<Record<string, Call>> {
  const item = { key: "item.{id}", codec: bytes } as const;
  const items = entity(await openBucket(nc, "typed", { storage: "memory" }), item);
  const direct = entity(await openBucket(nc, "typed", { reads: "direct" }), item);
  const updated = entity(await openBucket(nc, "typed_updated", { storage: "memory" }), item);
  const modified = entity(await openBucket(nc, "typed_modified", { storage: "memory" }), item);
  const [key, updateKey, modifyKey] = [keysInTurn(), keysInTurn(), keysInTurn()];
  const revisions = new Map<string, number>();
  for (let index = 0; index < KEYS; index++) {
    const id = String(index);
    await items.put({ id }, PAYLOAD);
    revisions.set(id, (await updated.put({ id }, PAYLOAD)).revision);
  }
  return {
    put: async () => (await items.put({ id: key() }, PAYLOAD)).value,
    get: async () => (await items.get({ id: key() }))!.value,
    "direct get": async () => (await direct.get({ id: key() }))!.value,
    async update() {
      const id = updateKey();
      const saved = { key: { id }, value: PAYLOAD, revision: revisions.get(id)! };
      const { revision, value } = await updated.update(saved);
      revisions.set(id, revision);
      return value;
    },
    modify: async () => (await modified.modify({ id: modifyKey() }, () => PAYLOAD))!.value,
  };
}
