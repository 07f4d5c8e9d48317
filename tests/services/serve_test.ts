import assert from "node:assert/strict";
import { test } from "node:test";
import { headers as createHeaders } from "@nats-io/nats-core";
import { type AnyLayer, json, ShizukuError } from "../../src/core/mod.ts";
import {
  createClient,
  createEndpoints,
  defineService,
  discover,
  type Implementation,
  natsTransport,
  serve,
  type ServiceEvent,
  setResponseHeaders,
} from "../../src/services/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { spawnScript } from "../_support/spawn_script.ts";
import { startWorld, type World } from "../_support/world.ts";
import { createEcho, EchoService } from "./_echo.ts";

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const result: T[] = [];
  for await (const item of items) result.push(item);
  return result;
}

async function endpointStats(world: World) {
  const [stats] = await all(discover(world.nc).stats({ timeoutMs: 100 }));
  return new Map(stats?.endpoints.map((endpoint) => [endpoint.name, endpoint]));
}

test("serve() counts requests, errors and time of asynchronous handlers", async () => {
  await using world = await startWorld();
  const implementation: Implementation<typeof EchoService> = {
    ...createEcho().implementation,
    async echo(request) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return request;
    },
  };
  await using _service = await serve(world.nc, EchoService, implementation);
  const client = createClient(natsTransport(world.nc), EchoService);
  await Promise.all([client.echo({ text: "a" }), client.echo({ text: "b" })]);
  await assert.rejects(client.fail({ text: "c" }));
  await eventually(async () => {
    const stats = await endpointStats(world);
    const [echo, fail] = [stats.get("echo")!, stats.get("fail")!];
    assert.equal(echo.num_requests, 2);
    assert.equal(echo.num_errors, 0);
    assert.ok(echo.average_processing_time >= 15_000_000, "15 ms, in nanoseconds");
    assert.equal(fail.num_errors, 1);
    assert.equal(fail.last_error, "Cannot echo c");
  });
});

test("serve() stops when its signal aborts while it starts", async () => {
  await using world = await startWorld();
  const controller = new AbortController();
  const { signal } = controller;
  const starting = serve(world.nc, EchoService, createEcho().implementation, { signal });
  controller.abort();
  const service = await starting;
  await service.stopped;
  const client = createClient(natsTransport(world.nc), EchoService);
  await assert.rejects(client.echo({ text: "a" }), { code: "unavailable" });
});

test("serve() answers what it has accepted before it stops", async () => {
  await using world = await startWorld();
  let finish = () => {};
  const gate = new Promise<void>((resolve) => finish = resolve);
  const service = await serve(world.nc, EchoService, {
    ...createEcho().implementation,
    echo: (request) => gate.then(() => request),
  });
  const client = createClient(natsTransport(await world.connect()), EchoService);
  const call = client.echo({ text: "late" });
  const another = createClient(natsTransport(world.nc), EchoService);
  await eventually(async () => {
    await assert.rejects(another.fail({ text: "x" }), { code: "failed_precondition" });
  });
  const stopped = service.stop();
  finish();
  assert.deepEqual(await call, { text: "late" });
  await stopped;
  await service.stopped;
  await assert.rejects(client.echo({ text: "x" }), { code: "unavailable" });
});

test("serve() gives up on calls that outlast its drain time", async () => {
  await using world = await startWorld();
  const service = await serve(world.nc, EchoService, createEcho().implementation, {
    drainTimeoutMs: 50,
  });
  const client = createClient(natsTransport(await world.connect()), EchoService);
  const call = client.untilAborted({ text: "" }, { timeoutMs: 10_000 });
  await client.echo({ text: "the call before has arrived" });
  await Promise.all([service.stop(), assert.rejects(call, { code: "unavailable" })]);
});

test("serve() answers every request while instances come and go, and none twice", async () => {
  await using world = await startWorld();
  const runs = new Map<string, number>();
  const { implementation } = createEcho();
  const counting: Implementation<typeof EchoService> = {
    ...implementation,
    async echo(request) {
      runs.set(request.text, (runs.get(request.text) ?? 0) + 1);
      await new Promise((resolve) => setTimeout(resolve, 1));
      return request;
    },
  };
  const start = async () => serve(await world.connect(), EchoService, counting);
  const services = [await start(), await start()];
  const client = createClient(natsTransport(world.nc), EchoService, { timeoutMs: 30_000 });
  let sent = 0;
  let answered = 0;
  let unavailable = 0;
  const caller = async () => {
    while (sent < 10_000) {
      const text = String(sent++);
      try {
        assert.deepEqual(await client.echo({ text }), { text });
        answered++;
      } catch (error) {
        assert.equal((error as { code?: string }).code, "unavailable");
        unavailable++;
      }
    }
  };
  const callers = Promise.all(Array.from({ length: 64 }, caller));
  while (sent < 10_000) {
    services.push(await start());
    await services.shift()!.stop();
  }
  await callers;
  for (const service of services) await service.stop();
  assert.equal(answered + unavailable, 10_000);
  assert.ok([...runs.values()].every((count) => count === 1), "none ran twice");
  assert.ok(runs.size >= answered && runs.size <= 10_000);
});

test("serve() keeps its time for what it accepts under ten times its capacity", async () => {
  await using world = await startWorld();
  let running = 0;
  const most: number[] = [];
  const implementation: Implementation<typeof EchoService> = {
    ...createEcho().implementation,
    async echo(request) {
      most.push(++running);
      await new Promise((resolve) => setTimeout(resolve, 20));
      running--;
      return request;
    },
  };
  await using _service = await serve(world.nc, EchoService, implementation, { maxConcurrent: 20 });
  const client = createClient(natsTransport(await world.connect()), EchoService, {
    timeoutMs: 60_000,
  });
  const call = () => client.echo({ text: "" }).then(() => "ok", (error) => error.code as string);
  const codes: string[] = [];
  for (let round = 0; round < 5; round++) {
    codes.push(...await Promise.all(Array.from({ length: 200 }, call)));
  }
  const accepted = codes.filter((code) => code === "ok").length;
  const shed = codes.filter((code) => code === "resource_exhausted").length;
  assert.equal(accepted + shed, 1_000);
  assert.ok(accepted >= 100, `${accepted} accepted`);
  // None of them waits for others, so each takes its own time.
  assert.equal(most.length, accepted);
  assert.ok(Math.max(...most) <= 20, `${Math.max(...most)} at once`);
});

test("serve() answers garbage, unknown content types and hostile headers, and goes on", async () => {
  await using world = await startWorld();
  await using _service = await serve(world.nc, EchoService, createEcho().implementation);
  const transport = natsTransport(world.nc);
  const call = { service: "echo.v1.EchoService", method: "echo", timeoutMs: 30_000 };
  const garbage = new TextEncoder().encode("{not json");
  await assert.rejects(transport.unary({ ...call, payload: garbage }), {
    code: "invalid_argument",
    message: /^Cannot decode json from 9 bytes as they must be JSON/,
  });
  await assert.rejects(
    transport.unary({ ...call, payload: garbage, contentType: "text/csv" }),
    { code: "invalid_argument", message: /must be application\/json/ },
  );
  const hostile = createHeaders();
  for (const [name, value] of [["Shizuku-Timeout-Ms", "-1e9"], ["Nats-Service-Error", "x"]]) {
    hostile.set(name!, value!);
  }
  const subject = "rpc.echo.v1.EchoService.echo";
  const reply = await world.nc.request(subject, '{"text":"a"}', {
    headers: hostile,
    timeout: 30_000,
  });
  assert.equal(reply.string(), '{"text":"a"}');
  world.nc.publish(subject, '{"text":"nobody waits"}');
  world.nc.publish("rpc._cancel.echo.v1.EchoService", garbage);
  const client = createClient(transport, EchoService);
  assert.deepEqual(await client.echo({ text: "still here" }), { text: "still here" });
  await eventually(async () => {
    assert.equal((await endpointStats(world)).get("echo")?.num_requests, 4);
  });
});

test("serve() refuses requests and responses that are too large, with both sizes", async () => {
  await using world = await startWorld({ maxPayload: 4_096 });
  const implementation: Implementation<typeof EchoService> = {
    ...createEcho().implementation,
    echo: () => ({ text: "x".repeat(5_000) }),
  };
  await using _service = await serve(world.nc, EchoService, implementation);
  const client = createClient(natsTransport(world.nc), EchoService);
  await assert.rejects(client.echo({ text: "" }), {
    code: "resource_exhausted",
    message: "Cannot answer as a response must have at most 4096 bytes: current size is 5011",
  });
  await assert.rejects(client.fail({ text: "x".repeat(5_000) }), {
    code: "resource_exhausted",
    message: "Cannot call echo.v1.EchoService.fail as a request must have at most 4096 bytes: " +
      "current size is 5011",
  });
});

test("serve() answers also where headers make the answer too large", async () => {
  await using world = await startWorld({ maxPayload: 4_096 });
  const implementation: Implementation<typeof EchoService> = {
    ...createEcho().implementation,
    echo(request, ctx) {
      setResponseHeaders(ctx, { "X-Long": "x".repeat(5_000) });
      return request;
    },
    fail: () => {
      throw new ShizukuError("not_found", "x".repeat(5_000));
    },
  };
  await using _service = await serve(world.nc, EchoService, implementation);
  const client = createClient(natsTransport(world.nc), EchoService);
  for (const call of [client.echo, client.fail]) {
    await assert.rejects(call({ text: "" }), {
      code: "resource_exhausted",
      message: /^Cannot answer as a response must have at most 4096 bytes: current size is 5\d+$/,
    });
  }
  await eventually(async () => {
    assert.equal((await endpointStats(world)).get("echo")?.num_errors, 1);
  });
});

test("serve() runs layers of the service around those of a method", async () => {
  await using world = await startWorld();
  const order: string[] = [];
  const layer = (name: string): AnyLayer => (next) => (input, ctx) => {
    order.push(name);
    return next(input, ctx);
  };
  await using _service = await serve(world.nc, EchoService, createEcho().implementation, {
    layers: [layer("service")],
    methods: { echo: { layers: [layer("method")] } },
  });
  await createClient(natsTransport(world.nc), EchoService).echo({ text: "" });
  assert.deepEqual(order, ["service", "method"]);
});

test("serve() shows two versions side by side, and answers each call once", async () => {
  await using world = await startWorld();
  const { implementation, seen } = createEcho();
  await using _old = await serve(world.nc, EchoService, implementation, { version: "1.0.0" });
  await using _new = await serve(world.nc, EchoService, implementation, { version: "1.1.0" });
  const found = await eventually(async () => {
    const name = "echo-v1-EchoService";
    const found = await all(discover(world.nc).info({ name, timeoutMs: 100 }));
    assert.deepEqual(found.map(({ version }) => version).sort(), ["1.0.0", "1.1.0"]);
    return found;
  });
  assert.equal(found[0]!.metadata["contract"], "echo.v1.EchoService");
  assert.deepEqual(found[0]!.endpoints[0], {
    name: "echo",
    subject: "rpc.echo.v1.EchoService.echo",
    queue_group: "q",
    metadata: { "content-types": "application/json", idempotency: "NO_SIDE_EFFECTS" },
  });
  const client = createClient(natsTransport(world.nc), EchoService);
  for (let n = 0; n < 20; n++) await client.echo({ text: String(n) });
  assert.equal(seen.headers.length, 20);
});

test("serve() without queue group lets every instance answer", async () => {
  await using world = await startWorld();
  const { implementation, seen } = createEcho();
  await using _one = await serve(world.nc, EchoService, implementation, { queue: "" });
  await using _two = await serve(world.nc, EchoService, implementation, { queue: "" });
  await createClient(natsTransport(world.nc), EchoService).echo({ text: "" });
  await eventually(() => assert.equal(seen.headers.length, 2));
});

test("serve() reports a subject that it may not listen on, and goes on with the others", async () => {
  await using world = await startWorld({
    config: `authorization { users: [
      { user: "a", password: "a" },
      { user: "b", password: "b", permissions: { subscribe: { deny: "rpc.*.*.*.fail" } } },
    ] }`,
    connect: { user: "a", pass: "a" },
  });
  const events: ServiceEvent[] = [];
  const nc = await world.connect({ user: "b", pass: "b" });
  await using service = await serve(nc, EchoService, createEcho().implementation, {
    onEvent: (event) => void events.push(event),
  });
  await eventually(() => assert.ok(service.problem?.includes("rpc.echo.v1.EchoService.fail")));
  assert.equal(events[0]?.type, "subscription_error");
  const client = createClient(natsTransport(world.nc), EchoService);
  assert.deepEqual(await client.echo({ text: "a" }), { text: "a" });
  await assert.rejects(client.fail({ text: "a" }), { code: "unavailable" });
});

test("serve() tells of a lost connection, and answers again when it is back", async () => {
  const connect = { reconnectTimeWait: 50, maxReconnectAttempts: -1 };
  await using world = await startWorld({ connect });
  const events: string[] = [];
  await using _service = await serve(world.nc, EchoService, createEcho().implementation, {
    onEvent: ({ type }) => void events.push(type),
  });
  await world.server.restart();
  // A server that is slow to start may cost more than one.
  await eventually(() => {
    assert.deepEqual([events[0], events.at(-1)], ["disconnect", "reconnect"]);
  });
  const client = createClient(natsTransport(world.nc), EchoService);
  await eventually(async () => assert.deepEqual(await client.echo({ text: "a" }), { text: "a" }));
});

test("an abort of the caller reaches the handler in another process", async () => {
  await using world = await startWorld();
  const script = new URL("./echo_process.ts", import.meta.url);
  await using service = spawnScript(script, { args: [world.server.url] });
  await service.line("ready");
  const client = createClient(natsTransport(world.nc), EchoService);
  const controller = new AbortController();
  const { signal } = controller;
  const call = client.untilAborted({ text: "" }, { signal, timeoutMs: 60_000 });
  await service.line("begun");
  controller.abort();
  await assert.rejects(call, { code: "canceled" });
  await service.line("aborted: canceled");
});

test("createClient() calls again where nobody answers yet, if that is safe", async () => {
  await using world = await startWorld();
  const client = createClient(natsTransport(await world.connect()), EchoService, {
    retries: 1_000,
    timeoutMs: 30_000,
  });
  const early = client.echo({ text: "early" });
  await assert.rejects(client.fail({ text: "has side effects" }), { code: "unavailable" });
  await using _service = await serve(world.nc, EchoService, createEcho().implementation);
  assert.deepEqual(await early, { text: "early" });
});

test("createEndpoints() names methods that are missing or unknown", () => {
  const { echo, fail, crash, wait } = createEcho().implementation;
  const wrong = { echo, fail, crash, wait, shout: echo } as unknown as Implementation<
    typeof EchoService
  >;
  assert.throws(() => createEndpoints(EchoService, wrong), {
    name: "TypeError",
    message: "Cannot serve echo.v1.EchoService as its implementation must have exactly its " +
      "methods: untilAborted is missing, shout is not a method",
  });
});

test("createEndpoints() takes an object of a class, with its `this`", async () => {
  const Counter = defineService("count.v1.CountService", {
    next: { input: json<null>(), output: json<number>() },
  });
  class Impl {
    #count = 0;
    readonly step = 2;
    next() {
      return this.#count += this.step;
    }
  }
  const endpoint = createEndpoints(Counter, new Impl()).get("next")!;
  const payload = new TextEncoder().encode("null");
  await endpoint.call({ payload });
  const response = await endpoint.call({ payload });
  assert.equal(new TextDecoder().decode(response.payload), "4");
});

test("serve() refuses names, versions and limits that are not valid", async () => {
  await using world = await startWorld();
  const { implementation } = createEcho();
  const cases = [
    [{ version: "one" }, /version must be like 1\.0\.0: current value is "one"/],
    [{ version: "01.0.0" }, /version must be like 1\.0\.0: current value is "01\.0\.0"/],
    [{ prefix: "a.*" }, /prefix must be tokens without wildcards/],
    [{ queue: "a b" }, /queue must be a token without wildcards/],
    [{ maxConcurrent: 0 }, /maxConcurrent must be >= 1: current value is 0/],
    [{ methods: { shout: {} } }, /options must have only its methods: shout is not a method/],
  ] as const;
  for (const [options, message] of cases) {
    await assert.rejects(
      async () => await serve(world.nc, EchoService, implementation, options as never),
      { message },
    );
  }
});
