/**
 * Imports one entry point and tells what that did: one line of JSON with the names of the traps
 * that it has sprung and of the globals that it has changed.
 *
 * The packages that it uses are imported before the traps are set: what those do is theirs.
 *
 * @module
 */
import process from "node:process";
import { ENTRY_POINTS } from "./_entry_points.ts";

/** What the traps are tried with. */
const RESTLESS = "restless";

const PACKAGES: readonly (() => Promise<unknown>)[] = [
  () => import("@bufbuild/protobuf"),
  () => import("@bufbuild/protobuf/codegenv2"),
  () => import("@bufbuild/protobuf/wire"),
  () => import("@bufbuild/protobuf/wkt"),
  () => import("@logtape/logtape"),
  () => import("@nats-io/jetstream"),
  () => import("@nats-io/nats-core"),
  () => import("@nats-io/transport-node"),
  () => import("@noble/ciphers/chacha.js"),
  () => import("@opentelemetry/api"),
  () => import("hono"),
  () => import("hono/route"),
];

/** What begins work, draws randomness, reads a clock, talks to somebody or evaluates text. */
const TRAPS: readonly [owner: object, names: readonly string[]][] = [
  [globalThis, [
    "setTimeout",
    "setInterval",
    "setImmediate",
    "queueMicrotask",
    "fetch",
    "eval",
    "Function",
    "WebSocket",
    "Worker",
    "BroadcastChannel",
    "EventSource",
    "addEventListener",
    "AbortController",
  ]],
  [Math, ["random"]],
  [Date, ["now"]],
  [crypto, ["getRandomValues", "randomUUID"]],
  [crypto.subtle, ["digest", "generateKey", "importKey"]],
  [performance, ["now", "mark", "measure"]],
  [console, ["debug", "log", "info", "warn", "error"]],
  [process, ["on", "once", "nextTick"]],
];

const sprung: string[] = [];

/** Replaces the functions by ones that tell of their use; returns what puts them back. */
function setTraps(): () => void {
  const undo: (() => void)[] = [];
  for (const [owner, names] of TRAPS) {
    for (const name of names) {
      const real: unknown = Reflect.get(owner, name);
      if (typeof real !== "function") continue;
      const had = Object.getOwnPropertyDescriptor(owner, name);
      const value = trap(name, real);
      Object.defineProperty(owner, name, { value, configurable: true, writable: true });
      undo.push(() => {
        if (had === undefined) Reflect.deleteProperty(owner, name);
        else Object.defineProperty(owner, name, had);
      });
    }
  }
  return () => undo.forEach((restore) => restore());
}

function trap(name: string, real: object): object {
  const note = () => void sprung.push(name);
  return new Proxy(real, {
    apply: (target, self, args) => (note(), Reflect.apply(target as () => void, self, args)),
    construct: (target, args) => (note(), Reflect.construct(target as () => void, args)),
  });
}

/** What is global, and what is in the objects that a library might patch. */
function globals(): Map<string, unknown> {
  const found = new Map<string, unknown>();
  const places = {
    globalThis,
    Object: Object.prototype,
    Array: Array.prototype,
    Promise: Promise.prototype,
    Uint8Array: Uint8Array.prototype,
    Symbol,
  };
  for (const [place, object] of Object.entries(places)) {
    for (const key of Reflect.ownKeys(object)) {
      const descriptor = Object.getOwnPropertyDescriptor(object, key)!;
      found.set(`${place}.${String(key)}`, descriptor.value ?? descriptor.get);
    }
  }
  return found;
}

const [name = ""] = process.argv.slice(2);
if (name === "--list") {
  console.log(JSON.stringify(Object.keys(ENTRY_POINTS)));
} else {
  for (const load of PACKAGES) await load();
  // Node makes some globals when they are first read; from then on they stay.
  setTraps()();
  const before = globals();
  const removeTraps = setTraps();
  await (name === RESTLESS ? import("./_restless.ts") : ENTRY_POINTS[name]!());
  removeTraps();
  const after = globals();
  const names = [...new Set([...before.keys(), ...after.keys()])];
  const changed = names.filter((key) => !Object.is(before.get(key), after.get(key)));
  console.log(JSON.stringify({ sprung, changed }));
}
process.exit();
