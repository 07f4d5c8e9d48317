import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { ROOT } from "../_support/root.ts";

const FOLDER = fileURLToPath(ROOT).replace(/[/\\]$/, "");
/** What an application imports whose component answers RPC alone. */
const APPLICATION = `
  export { createApp, defineComponent } from "./src/component/mod.ts";
  export { defineService } from "./src/services/mod.ts";
`;
/** Files of what comes with the first hook, and with the first bulk of events. */
const RUNS_HOOKS = /consumers\/_(puller|hook_consumer|ingest)/;

test("RPC alone pulls in neither JetStream nor the key-value store", async () => {
  const loaded = await loadedAtOnce(APPLICATION);
  assert.ok(loaded.has("src/component/app.ts"));
  assert.deepEqual([...loaded].filter((file) => /@nats-io\/jetstream|^src\/kv\//.test(file)), []);
  assert.deepEqual([...loaded].filter((file) => RUNS_HOOKS.test(file)), []);
});

test("who only publishes and declares hooks pulls in neither JetStream nor what runs them", async () => {
  const loaded = await loadedAtOnce(`export * from "./src/consumers/mod.ts";`);
  assert.ok(loaded.has("src/consumers/_publish_message.ts"));
  const pulled = [...loaded].filter((file) =>
    RUNS_HOOKS.test(file) || file.includes("@nats-io/jetstream")
  );
  assert.deepEqual(pulled, []);
});

test("what loads the rest is found where it is needed", async () => {
  const loaded = await loadedAtOnce(`export * from "./src/consumers/_start_hook.ts";`);
  assert.ok([...loaded].some((file) => file.includes("@nats-io/jetstream")));
  assert.ok([...loaded].some((file) => RUNS_HOOKS.test(file)));
});

/** What nobody needs who only imports an entry point, and the functions that load it. */
const LOADED_LATER: Readonly<Record<string, readonly string[]>> = {
  services: ["_server", "_served_endpoint", "micro", "_ask_services"],
  kv: [
    "_open_stream",
    "_bucket_config",
    "_troubles",
    "_settle",
    "_direct_reads",
    "_gathered_gets",
    "_pushes",
    "_more_reads",
    "_watch_stream",
    "_live_replica",
    "_cas_counter",
  ],
  component: [
    "_application",
    "component_locks",
    "manifest",
    "_provision_plan",
    "_registry_reader",
    "_register",
  ],
  hono: [
    "_rest_handler",
    "_path_matcher",
    "_registry_follower",
    "_event_stream",
    "_get_request",
    "_refusal",
    "_gunzip",
  ],
  "hono/openapi": ["_reference_page", "_script_page"],
};

for (const [entry, names] of Object.entries(LOADED_LATER)) {
  test(`who imports all of ${entry} does not load yet what only some use`, async () => {
    const [folder, file = "mod"] = entry.split("/");
    const { metafile } = await build(`export * from "./src/${folder}/${file}.ts";`);
    const later = names.map((name) => `src/${folder}/${name}.ts`);
    assert.deepEqual(later.filter((file) => metafile.inputs[file] === undefined), []);
    const loaded = filesAtOnce(metafile);
    assert.ok([...loaded].some((file) => file.startsWith(`src/${folder}/`)));
    assert.deepEqual(later.filter((file) => loaded.has(file)), []);
  });
}

test("what starts an application loads neither JetStream nor the key-value store", async () => {
  const loaded = await loadedAtOnce(
    'export { Application } from "./src/component/_application.ts";',
  );
  assert.ok(loaded.has("src/component/_application.ts"));
  assert.ok(loaded.has("src/services/serve.ts"));
  assert.deepEqual([...loaded].filter((file) => /@nats-io\/jetstream|^src\/kv\//.test(file)), []);
});

/** Says of our modules what the `package.json` of the npm package says of them. */
const withoutSideEffects: esbuild.Plugin = {
  name: "without side effects",
  setup: (build) =>
    build.onResolve({ filter: /^\./ }, ({ path, resolveDir }) => {
      if (!path.endsWith(".ts")) return undefined;
      return { path: resolve(resolveDir, path), sideEffects: false };
    }),
};

/** Files of which code is loaded before the first dynamic import, packages included. */
async function loadedAtOnce(code: string): Promise<Set<string>> {
  return filesAtOnce((await build(code)).metafile);
}

async function build(code: string): Promise<{ metafile: esbuild.Metafile }> {
  return await esbuild.build({
    stdin: { contents: code, resolveDir: FOLDER, loader: "ts", sourcefile: "entry.ts" },
    absWorkingDir: FOLDER,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["import"],
    outdir: "out",
    external: ["node:*", "crypto"],
    plugins: [withoutSideEffects],
    metafile: true,
    logLevel: "silent",
    write: false,
  });
}

function filesAtOnce(metafile: esbuild.Metafile): Set<string> {
  const files = new Set<string>();
  const open = Object.keys(metafile.outputs).filter((path) =>
    metafile.outputs[path]!.entryPoint === "entry.ts"
  );
  assert.equal(open.length, 1);
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const { inputs, imports } = metafile.outputs[path]!;
    for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
      if (bytesInOutput > 0) files.add(file);
    }
    for (const { path, kind, external } of imports) {
      if (kind === "import-statement" && !external) open.push(path);
    }
  }
  return files;
}
