/**
 * Does random operations on the notes of the consistency test:
 * `writer_process.ts SERVERS NAME OPERATIONS KEYS REPLICAS`. Prints `done N` from time to time, and
 * at last `end N`, with the number of operations of which nobody knows whether they were done.
 *
 * @module
 */
import process from "node:process";
import { ShizukuError } from "../../src/core/mod.ts";
import { connect } from "../../src/transport/node.ts";
import { eventually } from "../_support/eventually.ts";
import { isUnknown, type Note, type Notes, openNotes } from "./_consistency.ts";

const IN_FLIGHT = 16;
const REPORT_EVERY = 50;

const [servers = "", writer = "", operations = "0", keys = "1", replicas = "1"] = process.argv
  .slice(
    2,
  );
const nc = await connect({
  servers: servers.split(","),
  maxReconnectAttempts: -1,
  reconnectTimeWait: 100,
  waitOnFirstConnect: true,
});
// The leader may be gone already.
const { notes } = await eventually(() => openNotes(nc, Number(replicas)), { timeoutMs: 60_000 });
let started = 0;
let done = 0;
let unknown = 0;
await Promise.all(Array.from({ length: IN_FLIGHT }, work));
console.log(`done ${done}`);
console.log(`end ${unknown}`);
await nc.close();

async function work(): Promise<void> {
  while (started < Number(operations)) {
    const operation = started++;
    try {
      await operate(notes, { writer, operation });
    } catch (error) {
      if (isUnknown(error)) {
        unknown++;
        await new Promise((resolve) => setTimeout(resolve, 50));
      } else if (!isConflict(error)) throw error;
    }
    if (++done % REPORT_EVERY === 0) console.log(`done ${done}`);
  }
}

async function operate(notes: Notes, note: Note): Promise<void> {
  const key = { id: `${Math.floor(Math.random() * Number(keys))}` };
  const dice = Math.random();
  if (dice < 0.4) await notes.put(key, note);
  else if (dice < 0.5) await notes.create(key, note);
  else if (dice < 0.65) await notes.modify(key, () => note);
  else if (dice < 0.8) {
    const found = await notes.get(key);
    if (found !== undefined) await notes.update({ ...found, value: note });
  } else if (dice < 0.95) await notes.delete(key);
  else await notes.purge(key);
}

/** Another writer came first: as good as an operation that was not tried. */
function isConflict(error: unknown): boolean {
  return ShizukuError.is(error) && (error.code === "aborted" || error.code === "already_exists");
}
