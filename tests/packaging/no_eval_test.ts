import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { spawnScript } from "../_support/spawn_script.ts";
import { startWorld } from "../_support/world.ts";

const FLAG = "--disallow-code-generation-from-strings";

test("everything works where no code can be made of text", async () => {
  await using world = await startWorld();
  await using script = spawnScript(new URL("./no_eval_process.ts", import.meta.url), {
    args: [world.server.url],
    env: { NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ""} ${FLAG}`, DENO_V8_FLAGS: FLAG },
  });
  assert.deepEqual(JSON.parse(await script.line(/^\{/)), {
    isForbidden: true,
    seen: ["7", { loans: 1 }, { loans: 2 }],
  });
});
