import assert from "node:assert/strict";
import { test } from "node:test";
import { json } from "../../src/core/mod.ts";
import { openBucket, value } from "../../src/kv/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { type SpawnedScript, spawnScript } from "../_support/spawn_script.ts";
import { startWorld, type World } from "../_support/world.ts";

const WRITERS = 4;
const SCRIPT = new URL("./modify_process.ts", import.meta.url);

/** Processes with four writers each. */
class Processes implements AsyncDisposable {
  readonly #processes: SpawnedScript[];

  constructor(world: World, changes: number) {
    const servers = (world.cluster?.urls ?? [world.server.url]).join(",");
    this.#processes = [1, 2, 3, 4].map((seed) =>
      spawnScript(SCRIPT, { args: [servers, WRITERS, changes, seed].map(String) })
    );
  }

  /** Waits until each has printed a line. */
  async lines(pattern: string | RegExp): Promise<string[]> {
    return await Promise.all(this.#processes.map((process) => process.line(pattern)));
  }

  /** What all writers have added, when all are done. */
  async sum(): Promise<number> {
    const lines = await this.lines(/^sum /);
    return lines.reduce((sum, line) => sum + Number(line.split(" ")[1]), 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((process) => process[Symbol.asyncDispose]()));
  }
}

async function openTotal(world: World, replicas: number) {
  const bucket = await openBucket(world.nc, "totals", { replicas });
  return value(bucket, { key: "total", codec: json<number>() });
}

test("Value.modify() by 16 writers in 4 processes loses nothing and does nothing twice", async () => {
  await using world = await startWorld();
  const total = await openTotal(world, 1);
  await using processes = new Processes(world, 50);
  const sum = await processes.sum();
  assert.ok(sum > 16 * 50);
  const entry = await total.get();
  assert.equal(entry?.value, sum);
  assert.equal(entry?.revision, 16 * 50, "every change has a revision of its own");
});

test("Value.modify() by 16 writers is exact while leaders of the cluster are killed", async () => {
  await using world = await startWorld({ cluster: 3 });
  const cluster = world.cluster!;
  const total = await openTotal(world, 3);
  await using processes = new Processes(world, 40);
  await processes.lines("progress");
  for (let kill = 0; kill < 2; kill++) {
    const leader = await cluster.streamLeader("KV_totals");
    await leader.kill();
    await cluster.streamLeader("KV_totals");
    await leader.restart();
    await cluster.ready();
  }
  const sum = await processes.sum();
  await eventually(async () => assert.equal((await total.get())?.value, sum));
});
