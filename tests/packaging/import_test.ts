import assert from "node:assert/strict";
import { test } from "node:test";
import { readSource } from "../_support/source_files.ts";
import { spawnScript } from "../_support/spawn_script.ts";

const SCRIPT = new URL("./import_process.ts", import.meta.url);

const { exports } = JSON.parse(await readSource("deno.json")) as { exports: object };
const names = Object.keys(exports);

test("import: every entry point is looked at", async () => {
  assert.deepEqual((await tell<string[]>("--list")).sort(), names.sort());
});

for (const name of names) {
  test(`import of ${name} starts nothing, draws nothing and changes no global`, async () => {
    assert.deepEqual(await tell(name), { sprung: [], changed: [] });
  });
}

test("import: a module that does all this is found out", async () => {
  assert.deepEqual(await tell("restless"), {
    sprung: ["random", "now", "randomUUID", "now", "AbortController", "setTimeout"],
    changed: ["globalThis.restless"],
  });
});

async function tell<T>(name: string): Promise<T> {
  await using script = spawnScript(SCRIPT, { args: [name] });
  return JSON.parse(await script.line(/^[[{]/)) as T;
}
