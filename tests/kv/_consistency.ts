import assert from "node:assert/strict";
import type { NatsConnection } from "@nats-io/nats-core";
import { json, ShizukuError } from "../../src/core/mod.ts";
import { type Bucket, type Entity, entity, openBucket, type Replica } from "../../src/kv/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { type SpawnedScript, spawnScript } from "../_support/spawn_script.ts";
import type { World } from "../_support/world.ts";

/** What writers write: who, and which of its operations. */
export interface Note {
  readonly writer: string;
  readonly operation: number;
}

/** The entity of the test. */
export type Notes = Entity<"note.{id}", Note>;

/** Opens it. */
export async function openNotes(
  nc: NatsConnection,
  replicas: number,
): Promise<{ bucket: Bucket; notes: Notes }> {
  const bucket = await openBucket(nc, "notes", { history: HISTORY, replicas });
  return { bucket, notes: entity(bucket, { key: "note.{id}", codec: json<Note>() }) };
}

const HISTORY = 8;
const WRITERS = 4;

/** How to run the test. */
export interface ConsistencyOptions {
  /** Operations of all writers together. */
  operations: number;
  /** Number of keys. */
  keys: number;
  /** Replicas of the bucket. @default {1} */
  replicas?: number;
  /** Disturbs the servers, at each third of the operations. */
  disturb(): Promise<void>;
  /** Hears how many operations are done. */
  onProgress?(done: number): void;
}

/** What was found. */
export interface ConsistencyResult {
  /** Operations that were done. */
  readonly operations: number;
  /** How many of them could have been done, or not: their acknowledgement was lost. */
  readonly unknown: number;
  /** Events that the watch gave. */
  readonly events: number;
  /** Values at the end. */
  readonly values: number;
}

/**
 * Four processes do random operations while servers are disturbed; a watch and a replica follow.
 * In the end replica, watch, bucket and history must agree, and neither may have gone back.
 */
export async function checkConsistency(
  world: World,
  options: ConsistencyOptions,
): Promise<ConsistencyResult> {
  const { operations, keys, replicas = 1, disturb, onProgress } = options;
  const { bucket, notes } = await openNotes(world.nc, replicas);
  await using replica = notes.replica();
  await replica.ready;
  const witness = new Witness();
  const controller = new AbortController();
  const watching = witness.follow(notes, controller.signal);
  const observing = witness.observe(replica, controller.signal);
  const scripts = startWriters(world, operations, keys, replicas);
  try {
    const results = await Promise.all([
      ...scripts.map((script) => resultOf(script, (done) => witness.count(script, done))),
      disturbAtThirds(operations, witness, disturb, onProgress, controller.signal),
    ]);
    const unknown = results.slice(0, scripts.length).reduce((sum: number, each) => sum + each!, 0);
    // The last revision of all; everything before has been given when it was.
    const { revision } = await eventually(
      () => notes.put({ id: "end" }, { writer: "end", operation: 0 }),
      { timeoutMs: 60_000 },
    );
    await replica.waitFor(revision, { timeoutMs: 60_000 });
    await eventually(() => assert.ok(witness.revision >= revision), { timeoutMs: 60_000 });
    await compare(bucket, notes, replica, witness);
    return { operations, unknown, events: witness.events, values: replica.size };
  } finally {
    controller.abort();
    for (const script of scripts) await script[Symbol.asyncDispose]();
    await Promise.all([watching, observing]);
  }
}

function startWriters(
  world: World,
  operations: number,
  keys: number,
  replicas: number,
): SpawnedScript[] {
  const servers = (world.cluster?.urls ?? [world.server.url]).join();
  return Array.from(
    { length: WRITERS },
    (_, index) =>
      spawnScript(new URL("./writer_process.ts", import.meta.url), {
        args: [servers, `w${index}`, `${operations / WRITERS}`, `${keys}`, `${replicas}`],
      }),
  );
}

/** Waits for a writer's end; gives how many of its operations had an unknown outcome. */
async function resultOf(script: SpawnedScript, onDone: (done: number) => void): Promise<number> {
  for await (const line of script.lines) {
    const [word, number] = line.split(" ");
    if (word === "done") onDone(Number(number));
    if (word === "end") return Number(number);
  }
  throw new Error(`A writer ended early: ${script.stderr()}`);
}

async function disturbAtThirds(
  operations: number,
  witness: Witness,
  disturb: () => Promise<void>,
  onProgress: ConsistencyOptions["onProgress"],
  signal: AbortSignal,
): Promise<undefined> {
  for (const third of [1, 2]) {
    await until(() => witness.done >= operations * third / 3);
    await disturb();
  }
  await until(() => witness.done >= operations);
  return undefined;

  async function until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (signal.aborted) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
      onProgress?.(witness.done);
    }
  }
}

/** What a watch and a replica have shown. */
class Witness {
  /** Last revision of each key by the watch; `undefined` for what is gone. */
  readonly latest = new Map<
    string,
    { readonly revision: number; readonly note: Note | undefined }
  >();
  /** Last revision that the watch gave. */
  revision = 0;
  /** How many events it gave. */
  events = 0;
  readonly #done = new Map<SpawnedScript, number>();

  /** Operations that are done. */
  get done(): number {
    return [...this.#done.values()].reduce((sum, each) => sum + each, 0);
  }

  count(script: SpawnedScript, done: number): void {
    this.#done.set(script, done);
  }

  /** Follows a watch, whose revisions must grow. */
  async follow(notes: Notes, signal: AbortSignal): Promise<void> {
    for await (const event of notes.watch({}, { deletes: true, signal })) {
      assert.ok(event.type !== "reset" && event.type !== "error", event.type);
      if (event.type === "ready") continue;
      const { revision, key } = event.entry;
      assert.ok(revision > this.revision, `${revision} follows ${this.revision}`);
      this.revision = revision;
      this.events++;
      const note = event.type === "entry" ? event.entry.value : undefined;
      this.latest.set(key.id, { revision, note });
    }
  }

  /** Reads a replica again and again: neither it nor one of its values may go back. */
  async observe(
    replica: Replica<{ readonly id: string }, Note>,
    signal: AbortSignal,
  ): Promise<void> {
    const seen = new Map<string, number>();
    let revision = 0;
    while (!signal.aborted) {
      assert.ok(replica.revision >= revision, `${replica.revision} after ${revision}`);
      revision = replica.revision;
      for (const { key, revision } of replica.entries()) {
        assert.ok(revision >= (seen.get(key.id) ?? 0), `${key.id} went back to ${revision}`);
        seen.set(key.id, revision);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

async function compare(
  bucket: Bucket,
  notes: Notes,
  replica: Replica<{ readonly id: string }, Note>,
  witness: Witness,
): Promise<void> {
  const listed = new Map<string, number>();
  for await (const { key, value, revision } of notes.entries()) {
    listed.set(key.id, revision);
    const held = replica.get(key);
    assert.deepEqual([held?.revision, held?.value], [revision, value], key.id);
    assert.deepEqual(witness.latest.get(key.id), { revision, note: value }, key.id);
  }
  assert.equal(replica.size, listed.size);
  assert.equal(await notes.count(), listed.size);
  const left = [...witness.latest].filter(([, { note }]) => note !== undefined);
  assert.equal(left.length, listed.size);
  // The history's last revision of each key, a deletion included, is what was seen last.
  const last = new Map<string, number>();
  for await (const { items, isReady } of bucket.watch("note.*", { from: 0 }).batches()) {
    for (const { key, revision } of items) last.set(key, revision);
    if (isReady) break;
  }
  for (const [key, revision] of last) {
    assert.equal(witness.latest.get(key.slice("note.".length))?.revision, revision, key);
  }
}

/** Whether it is unknown of a write if it was done. */
export function isUnknown(error: unknown): boolean {
  return ShizukuError.is(error) &&
    ["deadline_exceeded", "unavailable", "canceled"].includes(error.code);
}
