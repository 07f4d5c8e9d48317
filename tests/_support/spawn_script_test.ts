import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { eventually } from "./eventually.ts";
import { spawnScript } from "./spawn_script.ts";

const ECHO = new URL("./echo_process.ts", import.meta.url);

test("spawnScript() passes arguments and environment on", async () => {
  await using script = spawnScript(ECHO, { args: ["a", "b c"], env: { SHIZUKU_ECHO: "hello" } });
  assert.equal(await script.line("ready"), "ready a b c hello");
});

test("spawnScript() runs the script as main, and it knows its source", async () => {
  await using script = spawnScript(ECHO);
  assert.equal(await script.line(/^main/), "main true echo_process.ts");
});

test("SpawnedScript.lines starts at the first line for every reader", async () => {
  await using script = spawnScript(ECHO);
  await script.line("tick");
  script.kill("SIGKILL");
  const lines: string[] = [];
  for await (const line of script.lines) lines.push(line);
  assert.match(lines[0] ?? "", /^ready/);
  assert.equal(lines[2], "tick");
});

test("SpawnedScript.line() tells why the script ended without it", async () => {
  await using script = spawnScript(ECHO, { args: ["die"] });
  await assert.rejects(script.line("never"), /ended with status 3.*dying as told/s);
  assert.deepEqual(await script.exited, { code: 3, signal: null });
});

test("SpawnedScript.kill() sends the signal", async () => {
  await using script = spawnScript(ECHO);
  await script.line("ready");
  script.kill();
  assert.deepEqual(await script.exited, { code: null, signal: "SIGTERM" });
});

test("spawnScript() kills the script when its signal aborts", async () => {
  const controller = new AbortController();
  await using script = spawnScript(ECHO, { signal: controller.signal });
  await script.line("ready");
  controller.abort();
  assert.equal((await script.exited).signal, "SIGKILL");
});

test("SpawnedScript is gone once it is disposed", async () => {
  const script = spawnScript(ECHO);
  await script.line("ready");
  await script[Symbol.asyncDispose]();
  assert.throws(() => process.kill(script.pid, 0), { code: "ESRCH" });
});

test("SpawnedScript does not outlive whoever started it", async () => {
  await using spawner = spawnScript(new URL("./spawner_process.ts", import.meta.url));
  const pid = Number((await spawner.line("started")).split(" ")[1]);
  process.kill(pid, 0);
  spawner.kill("SIGKILL");
  await eventually(() => assert.ok(!isRunning(pid)));
});

/** One that has ended keeps its id until somebody asks for its status, which not every system does. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== "linux" || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
