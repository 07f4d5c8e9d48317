import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { loadFlights } from "../../examples/flights/dataset.ts";
import { delays } from "../../examples/flights/delays.ts";
import { flights } from "../../examples/flights/flights.ts";
import { DelayService } from "../../examples/flights/gen/delays/v1/delays_pb.ts";
import { FlightService } from "../../examples/flights/gen/flights/v1/flights_pb.ts";
import {
  type AnyComponent,
  createApp,
  defineComponent,
  hookOn,
  provision,
} from "../../src/component/mod.ts";
import {
  callerPermissions,
  joinPermissions,
  type Permissions,
  permissions,
  provisionPermissions,
} from "../../src/component/permissions.ts";
import { createPublisher, deadLetters, defineEvent } from "../../src/consumers/mod.ts";
import { json, ShizukuError } from "../../src/core/mod.ts";
import { createClient, defineService, natsTransport } from "../../src/services/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { makeJwtAccount } from "../_support/jwt_account.ts";
import { startWorld, type World } from "../_support/world.ts";

type Nc = World["nc"];

const DeskService = defineService("desk.v1.DeskService", {
  open: { input: json<string>(), output: json<number>() },
  list: { input: json<string>(), output: json<string[]>() },
  wait: { input: json<string>(), output: json<string>() },
});
const opened = defineEvent(json<{ id: string }>(), { subject: "desk.opened.{id}" });
const invoiced = defineEvent(json<{ id: string }>(), { subject: "billing.invoiced.{id}" });

const billing = defineComponent({
  name: "billing",
  version: "1.0.0",
  events: { invoiced },
  setup: () => ({}),
});

/** A component that does all that a component can; what it gives up is handled when redriven. */
const desk = defineComponent({
  name: "desk",
  version: "1.0.0",
  rpc: DeskService,
  events: { opened },
  kv: { tickets: { key: "{id}", codec: json<number>() } },
  hooks: {
    // Slow enough to be said to be at work, and so to publish twice for one message.
    count: hookOn(opened, { ackWaitMs: 300 }),
    note: hookOn(invoiced, { attempts: 2, backoff: { initialMs: 10, maxMs: 10 } }),
  },
  setup({ events, kv: { tickets }, locks }) {
    let counted = 0;
    let tried = 0;
    return {
      rpc: {
        wait: (_, { signal }) =>
          new Promise((_, reject) => signal.onabort = () => reject(signal.reason)),
        async open(id) {
          await using held = await locks.rw.acquire(id, { mode: "write" });
          // Whoever waits hears of the release.
          const next = locks.rw.acquire(id, { mode: "write", timeoutMs: 10_000 });
          await eventually(async () =>
            assert.equal((await locks.rw.inspect(id)).waiters.length, 1)
          );
          await held.release();
          await (await next).release();
          await events.opened.publish({ id });
          return (await tickets.modify({ id }, (n) => (n ?? 0) + 1))!.value;
        },
        async list() {
          const found: string[] = [];
          for await (const event of tickets.watch()) {
            if (event.type === "ready") break;
            if (event.type === "entry") found.push(event.entry.key.id);
          }
          assert.equal((await tickets.getMany([{ id: "7" }, { id: "8" }])).length, 2);
          assert.equal((await tickets.history({ id: "7" })).length, 1);
          return found.filter((id) => !id.startsWith("done-"));
        },
      },
      hooks: {
        count: async ({ id }) => {
          if (id === "bad" && counted++ === 0) throw new ShizukuError("invalid_argument", id);
          await new Promise((resolve) => setTimeout(resolve, 500));
          await tickets.put({ id: `done-${id}` }, 1);
        },
        note({ id }) {
          if (id === "bad" && tried++ < 2) throw new ShizukuError("unavailable", id);
        },
      },
    };
  },
});

const ALL = [desk, billing];
const SCOPE = { namespace: "n", components: ALL } as const;

const USERS = {
  deployer: provisionPermissions(ALL, { ...SCOPE, inboxPrefix: "_INBOX_deployer" }),
  desk: permissions(desk, { ...SCOPE, inboxPrefix: "_INBOX_desk" }),
  caller: callerPermissions(DeskService, { namespace: "n", inboxPrefix: "_INBOX_caller" }),
};

type Users = Readonly<Record<string, Permissions>>;

function configOf(users: Users): string {
  const lines = Object.entries(users).map(([user, permissions]) =>
    `{ user: ${user}, password: ${user}, permissions: ${permissions.toConfig()} }`
  );
  return `authorization { users = [ { user: admin, password: admin }\n${lines.join("\n")} ] }`;
}

/** A server with these users, each connected under its own name, and what they were refused. */
async function startUsers(users: Users) {
  const world = await startWorld({
    config: configOf(users),
    connect: { user: "admin", pass: "admin" },
  });
  const refused: string[] = [];
  const as = async (user: string): Promise<Nc> => {
    const inboxPrefix = `_INBOX_${user}`;
    const nc = await world.connect({ user, pass: user, inboxPrefix });
    void (async () => {
      for await (const status of nc.status()) {
        if (status.type === "error") refused.push(`${user}: ${status.error.message}`);
      }
    })();
    return nc;
  };
  return { world, as, refused, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

const running = { namespace: "n", components: ALL, only: ["desk"], provision: false } as const;

/** All that the component does, each step by the user whose right it is. */
async function useAll(
  { world, as }: Awaited<ReturnType<typeof startUsers>>,
): Promise<void> {
  await (await provision(await as("deployer"), ALL, { namespace: "n" })).apply();
  const app = await createApp({ nc: await as("desk"), ...running }).start();
  try {
    const transport = natsTransport(await as("caller"), { prefix: "n.rpc" });
    const client = createClient(transport, DeskService, { timeoutMs: 5_000 });
    assert.equal(await client.open("7"), 1);
    assert.deepEqual(await client.list(""), ["7"]);
    const leaver = new AbortController();
    const asking = client.wait("", { signal: leaver.signal });
    const publisher = createPublisher(world.nc, invoiced, { namespace: "n" });
    for (const id of ["good", "bad"]) await publisher.publish({ id });
    await createPublisher(world.nc, opened, { namespace: "n" }).publish({ id: "bad" });
    await eventually(() => {
      assert.deepEqual(app.health(), { ok: true, reasons: [], warnings: [] });
      const [count, note] = ["count", "note"].map((name) =>
        app.hooks.find(({ consumer }) => consumer.name === name)!.consumer.stats
      );
      assert.deepEqual([count!.acked, count!.dead, note!.acked, note!.dead], [1, 1, 1, 1]);
    });
    const letters = deadLetters(world.nc, "desk", "n");
    assert.equal(await letters.redrive({}), 2);
    await eventually(async () =>
      assert.equal(await letters.count() + await letters.redriving(), 0)
    );
    leaver.abort();
    await assert.rejects(asking, { code: "canceled" });
  } finally {
    await app.stop();
  }
}

/** What a connection sends and listens to, as it does. */
function recorded(nc: Nc): { publish: string[]; subscribe: string[] } {
  const seen = { publish: [] as string[], subscribe: [] as string[] };
  for (const verb of ["publish", "subscribe"] as const) {
    const original = (nc[verb] as (...args: unknown[]) => unknown).bind(nc);
    Object.assign(nc, {
      [verb]: (subject: string, ...rest: unknown[]) => {
        seen[verb].push(subject);
        return original(subject, ...rest);
      },
    });
  }
  return seen;
}

/** Whether a pattern of permissions covers a subject, which may be a pattern too. */
function covers(pattern: string, subject: string): boolean {
  const [wanted, found] = [pattern.split("."), subject.split(".")];
  for (const [index, token] of wanted.entries()) {
    if (token === ">") return found.length > index;
    if (found[index] === undefined || (token !== "*" && token !== found[index])) return false;
    if (token === "*" && found[index] === ">") return false;
  }
  return wanted.length === found.length;
}

/** Sends and listens as a user, and tells what of it the server refused. */
async function refusedOf(nc: Nc, subjects: Subjects): Promise<string[]> {
  const refused = new Set<string>();
  const reading = (async () => {
    for await (const status of nc.status()) {
      if (status.type !== "error") continue;
      const { operation, subject } = status.error as unknown as Record<string, string>;
      if (subject === LAST) return;
      refused.add(`${operation === "publish" ? "publish" : "subscribe"} ${subject}`);
    }
  })();
  for (const subject of subjects.publish) nc.publish(subject, "");
  for (const subject of subjects.subscribe) nc.subscribe(subject, { callback: () => {} });
  // Refusals come in order; a connection that is closed drops those that nobody has read yet.
  nc.publish(LAST, "");
  await reading;
  await nc.close();
  return [...refused].sort();
}

/** What nobody may publish. */
const LAST = "the.last.refusal";

type Subjects = Pick<Permissions, "publish" | "subscribe">;
const KINDS = ["publish", "subscribe"] as const;

/** One entry of a user's permissions, and a subject that this entry alone covers. */
interface Use {
  readonly user: keyof typeof USERS;
  readonly kind: typeof KINDS[number];
  readonly entry: string;
  readonly subject: string | undefined;
}

/** What is used on other occasions than here, where nothing changes and servers stand alone. */
const OTHER_OCCASIONS = [
  // Settings that were changed.
  /^\$JS\.API\.STREAM\.UPDATE\./,
  // Who reads: the leader in a cluster, and any server where that is asked for or all the same.
  /^\$JS\.API\.(DIRECT|STREAM\.MSG)\.GET\.KV_/,
  // Tries of an event that fails for the first time, and for good.
  /^n\.tries\.desk\.count\.>$/,
];

/** What each entry was used for. */
function usesOf(user: keyof typeof USERS, seen: Subjects): Use[] {
  return KINDS.flatMap((kind) =>
    USERS[user][kind].map((entry) => {
      const others = USERS[user][kind].filter((other) => other !== entry);
      const subject = seen[kind].find((each) =>
        covers(entry, each) && !others.some((other) => covers(other, each))
      );
      return { user, kind, entry, subject };
    })
  );
}

/** A subject that an entry covers. */
function exampleOf(entry: string): string {
  return entry.replaceAll("*", "x").replace(/>$/, "x");
}

/** The same permissions without one entry. */
function without({ user, kind, entry }: Use): Permissions {
  const full = USERS[user];
  const lists = { [kind]: full[kind].filter((other) => other !== entry) };
  return joinPermissions({ ...full, ...lists });
}

const names = Object.keys(USERS) as (keyof typeof USERS)[];

test("permissions() are enough for a component, and each entry is needed", async () => {
  const seen = new Map<string, ReturnType<typeof recorded>>();
  {
    await using users = await startUsers(USERS);
    const connectAs = users.as;
    users.as = async (user) => {
      const nc = await connectAs(user);
      seen.set(user, recorded(nc));
      return nc;
    };
    await useAll(users);
    assert.deepEqual(users.refused, []);
  }
  const uses = names.flatMap((user) => usesOf(user, seen.get(user)!));
  const unused = uses.filter(({ subject }) => subject === undefined)
    .filter(({ entry }) => !OTHER_OCCASIONS.some((pattern) => pattern.test(entry)));
  assert.deepEqual(unused, [], "each is used");

  const lacking = Object.fromEntries(uses.map((use, index) => [`lacking${index}`, without(use)]));
  await using world = await startWorld({
    config: configOf({ ...USERS, ...lacking }),
    connect: { user: "admin", pass: "admin" },
  });
  const as = (user: string) => world.connect({ user, pass: user });
  for (const [index, { kind, entry, subject }] of uses.entries()) {
    const example = subject ?? exampleOf(entry);
    const used = { publish: [], subscribe: [], [kind]: [example] };
    const refused = await refusedOf(await as(`lacking${index}`), used);
    assert.deepEqual(refused, [`${kind} ${example}`], `without ${entry}`);
  }
  for (const user of names) {
    const own = uses.filter((use) => use.user === user);
    const of = (kind: string) =>
      own.flatMap((use) => use.kind === kind ? [use.subject ?? exampleOf(use.entry)] : []);
    const refused = await refusedOf(await as(user), {
      publish: of("publish"),
      subscribe: of("subscribe"),
    });
    assert.deepEqual(refused, [], `${user} with all`);
  }
});

test("permissions() allow nothing else", async () => {
  await using world = await startWorld({
    config: configOf(USERS),
    connect: { user: "admin", pass: "admin" },
  });
  const OTHERS = {
    publish: [
      "desk.opened.7",
      "other.desk.opened.7",
      "n.desk.opened.7.more",
      "n.billing.invoiced.7",
      "n.dead.billing.note.x",
      "$KV.n_billing.7",
      "$KV.n_locks.lock.billing.Nw",
      "$KV.n_registry.billing.x",
      "$KV.desk.7",
      "$JS.API.INFO",
      "$JS.API.STREAM.DELETE.n_desk",
      "$JS.API.STREAM.PURGE.n_desk",
      "$JS.API.STREAM.MSG.DELETE.n_desk",
      "$JS.API.STREAM.MSG.GET.n_desk",
      "$JS.API.STREAM.MSG.GET.KV_n_billing",
      "$JS.API.STREAM.CREATE.other",
      "$JS.API.CONSUMER.DELETE.n_desk.n_desk_count",
      "$JS.API.CONSUMER.CREATE.n_billing.spy",
      "$JS.API.CONSUMER.MSG.NEXT.n_desk.n_billing_count",
      "$JS.ACK.n_billing.n_billing_x.1.1.1.1.0",
      "$SYS.REQ.SERVER.PING",
      "_INBOX.somebody.1",
    ],
    subscribe: [
      ">",
      "*",
      "_INBOX.>",
      "_INBOX_other.>",
      "n.>",
      "n.desk.opened.*",
      "n.rpc.>",
      "n.rpc.other.v1.OtherService.call",
      "rpc.desk.v1.DeskService.open",
      "$JS.>",
      "$KV.n_desk.>",
      "$SYS.>",
      "shizuku.kv.n_locks.>",
      "shizuku.kv.n_locks.lock.billing.>",
    ],
  };
  for (const user of names) {
    const nc = await world.connect({ user, pass: user });
    const refused = new Set(await refusedOf(nc, OTHERS));
    const passed = KINDS.flatMap((kind) =>
      OTHERS[kind].filter((subject) => !refused.has(`${kind} ${subject}`))
    );
    assert.deepEqual(passed, [], user);
  }
  // Whatever the subject, the server passes just what a pattern covers.
  const token = fc.constantFrom(
    "n",
    "desk",
    "rpc",
    "$JS",
    "API",
    "KV_n_desk",
    "$KV",
    "x",
    "STREAM",
  );
  const subjects = fc.sample(fc.array(token, { minLength: 1, maxLength: 7 }), 300)
    .map((tokens) => tokens.join("."));
  const nc = await world.connect({ user: "desk", pass: "desk" });
  const refused = new Set(await refusedOf(nc, { publish: subjects, subscribe: [] }));
  for (const subject of subjects) {
    const isAllowed = USERS.desk.publish.some((pattern) => covers(pattern, subject));
    assert.equal(!refused.has(`publish ${subject}`), isAllowed, subject);
  }
});

test("permissions() of a user who provisions, runs and calls by itself are joined", async () => {
  const all = joinPermissions(
    provisionPermissions(ALL, SCOPE),
    permissions(ALL, SCOPE),
    callerPermissions(DeskService, SCOPE),
  );
  await using users = await startUsers({ all });
  const nc = await users.world.connect({ user: "all", pass: "all" });
  await using app = await createApp({ nc, components: ALL, namespace: "n" }).start();
  assert.equal(await app.client(DeskService).open("7"), 1);
  const client = createClient(natsTransport(nc, { prefix: "n.rpc" }), DeskService);
  await eventually(async () => assert.deepEqual(await client.list(""), ["7"]));
  assert.deepEqual(app.health().reasons, []);
  assert.deepEqual(users.refused, []);
});

test("Permissions.toJwt() are what a user's JWT holds", async () => {
  const account = await makeJwtAccount();
  await using world = await startWorld({
    config: account.config,
    connect: { credentials: await account.credentials("admin") },
  });
  const plan = await provision(world.nc, ALL, { namespace: "n" });
  await plan.apply();
  const credentials = await account.credentials("desk", USERS.desk.toJwt());
  const nc = await world.connect({ credentials, inboxPrefix: "_INBOX_desk" });
  await using app = await createApp({ nc, ...running }).start();
  const client = createClient(natsTransport(world.nc, { prefix: "n.rpc" }), DeskService);
  assert.equal(await client.open("1"), 1);
  assert.deepEqual(app.health().reasons, []);
  assert.deepEqual(
    await refusedOf(await world.connect({ credentials }), { publish: ["x"], subscribe: [">"] }),
    ["publish x", "subscribe >"],
  );
});

test("permissions() of components that use others cover what those need to share", async () => {
  const components: AnyComponent[] = [flights, delays];
  const scope = { components };
  await using users = await startUsers({
    deployer: provisionPermissions(components, { ...scope, inboxPrefix: "_INBOX_deployer" }),
    flights: permissions(flights, { ...scope, inboxPrefix: "_INBOX_flights" }),
    delays: permissions(delays, { ...scope, inboxPrefix: "_INBOX_delays" }),
    caller: callerPermissions([FlightService, DelayService], { inboxPrefix: "_INBOX_caller" }),
  });
  await (await provision(await users.as("deployer"), components)).apply();
  const start = async (name: "flights" | "delays") =>
    await createApp({
      nc: await users.as(name),
      components: [flights, delays],
      only: [name],
      provision: false,
    }).start();
  await using first = await start("flights");
  await using second = await start("delays");
  const transport = natsTransport(await users.as("caller"));
  const report = createClient(transport, FlightService);
  const tell = createClient(transport, DelayService);
  for (const flight of (await loadFlights()).slice(0, 20)) await report.report(flight);
  await eventually(async () => {
    const { airports } = await tell.listWorst({ limit: 100 });
    assert.equal(airports.reduce((sum, airport) => sum + airport.flights, 0), 20);
  });
  await tell.rebuild({});
  assert.deepEqual([...first.health().reasons, ...second.health().reasons], []);
  assert.deepEqual(users.refused, []);
});
