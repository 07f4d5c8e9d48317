import assert from "node:assert/strict";
import { test } from "node:test";
import {
  createApp,
  defineComponent,
  onlyFromEnv,
  provider,
  requirement,
} from "../../src/component/mod.ts";
import { startWorld } from "../_support/world.ts";

interface Database extends AsyncDisposable {
  readonly name: string;
}

function createParts() {
  const log: string[] = [];
  const db = provider(async (): Promise<Database> => {
    log.push("opened");
    return {
      name: "db",
      async [Symbol.asyncDispose]() {
        log.push("closed");
      },
    };
  });
  const needing = <const Name extends string>(name: Name) =>
    defineComponent({
      name,
      version: "1.0.0",
      requires: { db: requirement<Database>() },
      setup: ({ provided }) => ({
        shared: { db: provided.db.name, keys: Object.keys(provided) },
        dispose: () => void log.push(`${name} disposed`),
      }),
    });
  const plain = defineComponent({ name: "plain", version: "1.0.0", setup: () => ({}) });
  return { log, db, user: needing("user"), ticket: needing("ticket"), plain };
}

test("provider() makes what is required once, and disposes of it after the components", async () => {
  await using world = await startWorld();
  const { log, db, user, ticket } = createParts();
  const provide = { db, other: 7 };
  const app = await createApp({ nc: world.nc, components: [user, ticket], provide }).start();
  assert.deepEqual(app.shared(user), { db: "db", keys: ["db"] });
  assert.deepEqual(log, ["opened"]);
  await app.stop();
  assert.deepEqual(log, ["opened", "ticket disposed", "user disposed", "closed"]);
});

test("provider() makes nothing in a process that does not need it", async () => {
  await using world = await startWorld();
  const { log, db, user, plain } = createParts();
  const components = [user, plain] as const;
  const options = { nc: world.nc, components, provide: { db }, only: ["plain"] };
  await using app = await createApp(options).start();
  assert.deepEqual(app.components, [plain]);
  assert.deepEqual(log, []);
  assert.throws(() => app.shared(user), {
    message: "Cannot reach component user: it does not run here",
  });
});

test("createApp() needs nothing that only components elsewhere require", () => {
  const { user, plain } = createParts();
  const nc = { request() {}, publish() {}, status: () => [] } as never;
  const components = [user, plain] as const;
  const provide = {} as { db: Database };
  createApp({ nc, components, provide, only: ["plain"] });
  assert.throws(() => createApp({ nc, components, provide, only: ["user"] }), {
    message: "Cannot start as provide must have db, which user requires: there are none",
  });
  assert.throws(() => createApp({ nc, components, provide, only: ["plain", "other"] }), {
    message: "Cannot start as only must name some of the components user, plain: " +
      "current value is plain, other",
  });
});

test("onlyFromEnv() reads names from the environment", async () => {
  const { env } = await import("node:process");
  const name = "SHIZUKU_TEST_ONLY";
  const cases: [string | undefined, string[] | undefined][] = [
    [undefined, undefined],
    ["", undefined],
    [" user , ticket,", ["user", "ticket"]],
  ];
  for (const [value, names] of cases) {
    if (value === undefined) delete env[name];
    else env[name] = value;
    assert.deepEqual(onlyFromEnv(name), names);
  }
  delete env[name];
});
