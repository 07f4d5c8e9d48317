import assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import { test } from "node:test";
import { json, ShizukuError } from "../../src/core/mod.ts";
import { createClient, defineService, natsTransport, serve } from "../../src/services/mod.ts";
import type { ConnectOptions } from "../../src/transport/node.ts";
import * as ws from "../../src/transport/ws.ts";
import { eventually } from "../_support/eventually.ts";
import { startWorld } from "../_support/world.ts";
import { TRANSPORTS } from "./_transports.ts";

const EchoService = defineService("echo.v1.EchoService", {
  echo: { input: json<string>(), output: json<string>() },
});

/** Asserts what a connection fails with: the code, and a message that names the address. */
async function failsWith(connecting: Promise<unknown>, code: string, message: RegExp) {
  await assert.rejects(connecting, (error) => {
    assert.ok(ShizukuError.is(error), String(error));
    assert.deepEqual([error.code, error.stage], [code, "call"], error.message);
    assert.match(error.message, message);
    assert.notEqual(error.cause, undefined, "the client's own error is the cause");
    return true;
  });
}

test("connect() gives a connection that works, and bears its name, on every transport", async () => {
  await using world = await startWorld({ websocket: true });
  await using _service = await serve(world.nc, EchoService, { echo: (text) => text });
  for (const { name, connect, urlOf } of TRANSPORTS) {
    await using nc = await connect({ servers: urlOf(world.server), name: `by ${name}` });
    const reply = await fetch(`${world.server.monitorUrl}/connz`);
    const { connections } = await reply.json() as { connections: { name?: string }[] };
    assert.ok(connections.some((connection) => connection.name === `by ${name}`), name);
    const client = createClient(natsTransport(nc), EchoService);
    assert.equal(await client.echo(name), name);
  }
});

test("connect() fails with the same code for the same reason on every transport", async () => {
  await using world = await startWorld({
    websocket: true,
    config: `authorization { user: ada, password: secret }`,
    connect: { user: "ada", pass: "secret" },
  });
  for (const { name, connect, urlOf, nobody } of TRANSPORTS) {
    const servers = urlOf(world.server);
    await failsWith(connect({ servers: nobody }), "unavailable", /Cannot connect to \w+:\/\/127/);
    await failsWith(
      connect({ servers: nobody.replace("127.0.0.1", "no.such.host.invalid") }),
      "unavailable",
      /no\.such\.host\.invalid/,
    );
    await failsWith(connect({ servers }), "unauthenticated", /Authorization Violation/);
    const wrong = { servers, user: "ada", pass: "guess" };
    await failsWith(connect(wrong), "unauthenticated", /Authorization Violation/);
    await assert.rejects(
      connect(wrong),
      (error: Error) => !/guess/.test(error.message),
      `${name}: no secret in the message`,
    );
    await (await connect({ ...wrong, pass: "secret" })).close();
  }
});

test("connect() gives up on a server that says nothing, after `timeout`", async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const { port } = silent.address() as { port: number };
  try {
    for (const { connect, nobody } of TRANSPORTS) {
      const servers = nobody.replace(/:1$/, `:${port}`);
      await failsWith(connect({ servers, timeout: 200 }), "deadline_exceeded", /timeout/);
    }
  } finally {
    silent.close();
    // The client leaves its end of a connection open that was never made.
    for (const socket of sockets) socket.destroy();
  }
});

test("connect() refuses wrong options by name, the same on every transport", async () => {
  for (const { name, connect, nobody, platformTls } of TRANSPORTS) {
    const other = platformTls ? "nats://127.0.0.1:4222" : "ws://127.0.0.1:8080";
    const cases: [ConnectOptions, RegExp][] = [
      [{ servers: "http://127.0.0.1" }, /servers of \.\/transport\/\w+ must be addresses that/],
      [{ servers: [nobody, other] }, /must be addresses that begin with/],
      [{ servers: nobody.replace("127", "a b") }, /must be addresses that begin with/],
      [{ servers: nobody.replace(/127.*/, "") }, /must be addresses that begin with/],
      [{ servers: "" }, /servers must be addresses: current value is ""/],
      [{ servers: nobody.replace("127", "ada:secret@127") }, /must hold no user or password/],
      [{ servers: nobody, credentials: "secret" }, /credentials must be the contents of a \.creds/],
      [{ servers: nobody, nkey: "secret" }, /nkey must be the seed of a user/],
    ];
    for (const [options, message] of cases) {
      await assert.rejects(connect(options), (error: Error) => {
        assert.ok(error instanceof TypeError, `${name}: ${error}`);
        assert.match(error.message, message);
        assert.ok(!error.message.includes("secret"), "no secret in the message");
        return true;
      });
    }
  }
});

test("connect() over a WebSocket says so where there is none, or it cannot be made", async () => {
  const servers = "ws://127.0.0.1:1";
  const wsFactory = () => Promise.reject(new Error("no socket today"));
  await failsWith(ws.connect({ servers, wsFactory }), "unavailable", /no socket today/);
  const { WebSocket } = globalThis;
  Reflect.deleteProperty(globalThis, "WebSocket");
  try {
    await failsWith(ws.connect({ servers }), "unimplemented", /WebSocket/);
  } finally {
    if (WebSocket !== undefined) globalThis.WebSocket = WebSocket;
  }
});

test("connect() comes back after its server, on every transport", async () => {
  await using world = await startWorld({ websocket: true });
  await world.nc.close();
  for (const { connect, urlOf } of TRANSPORTS) {
    await using nc = await connect({
      servers: urlOf(world.server),
      maxReconnectAttempts: -1,
      reconnectTimeWait: 50,
      reconnectJitter: 0,
    });
    await using _service = await serve(nc, EchoService, { echo: (text) => text });
    const client = createClient(natsTransport(nc), EchoService);
    assert.equal(await client.echo("before"), "before");
    await world.server.kill();
    await world.server.restart();
    await eventually(async () => assert.equal(await client.echo("after"), "after"));
  }
});

test("connections of all transports live side by side, and each comes back by its own", async () => {
  await using world = await startWorld({ websocket: true });
  await world.nc.close();
  const again = { maxReconnectAttempts: -1, reconnectTimeWait: 50, reconnectJitter: 0 };
  const servers = { tcp: world.server.url.replace("127.0.0.1", "localhost") };
  const all = await Promise.all(
    [1, 2].flatMap(() =>
      TRANSPORTS.map(({ connect, urlOf, platformTls }) =>
        connect({ ...again, servers: platformTls ? urlOf(world.server) : servers.tcp })
      )
    ),
  );
  for (let round = 0; round < 2; round++) {
    await world.server.kill();
    await world.server.restart();
    await Promise.all(all.map((nc) => eventually(() => nc.flush())));
    await eventually(async () => {
      const reply = await fetch(`${world.server.monitorUrl}/connz`);
      const { connections } = await reply.json() as { connections: { type: string }[] };
      const websockets = connections.filter(({ type }) => type === "websocket").length;
      assert.deepEqual([connections.length, websockets], [6, 2]);
    });
  }
  await Promise.all(all.map((nc) => nc.close()));
});

test("connect() ends for good when reconnecting is off or used up", async () => {
  for (const { connect, urlOf } of TRANSPORTS) {
    for (
      const options of [{ reconnect: false }, { maxReconnectAttempts: 2, reconnectTimeWait: 20 }]
    ) {
      await using world = await startWorld({ websocket: true });
      await world.nc.close();
      const nc = await connect({ servers: urlOf(world.server), ...options });
      const client = createClient(natsTransport(nc), EchoService);
      await world.server.kill();
      await nc.closed();
      await assert.rejects(client.echo("late"), { code: "unavailable", name: "ShizukuError" });
    }
  }
});

test("connect() gives up when its signal aborts, and leaves nothing behind", async () => {
  const reason = new Error("changed my mind");
  for (const { name, connect, urlOf } of TRANSPORTS) {
    await using world = await startWorld({ websocket: true });
    const servers = urlOf(world.server);
    await assert.rejects(connect({ servers, signal: AbortSignal.abort(reason) }), reason, name);
    await world.nc.close();
    await world.server.kill();
    const leaver = new AbortController();
    const tried = { count: 0 };
    const connecting = connect({
      servers,
      waitOnFirstConnect: true,
      signal: leaver.signal,
      reconnectDelayHandler: () => ++tried.count && 20,
    });
    const settled = assert.rejects(connecting, reason, name);
    await eventually(() => assert.ok(tried.count > 1, "it tries"));
    leaver.abort(reason);
    await settled;
    await world.server.restart();
    const nc = await connect({ servers, signal: new AbortController().signal });
    await nc.flush();
    await eventually(async () => {
      const reply = await fetch(`${world.server.monitorUrl}/varz`);
      // The one just made; one that had been given up and came all the same is closed again.
      assert.equal((await reply.json() as { connections: number }).connections, 1, name);
    });
    await nc.close();
  }
});

test("connect() needs its signal no more once it is connected", async () => {
  await using world = await startWorld({ websocket: true });
  await world.nc.close();
  for (const { connect, urlOf } of TRANSPORTS) {
    const leaver = new AbortController();
    await using nc = await connect({
      servers: urlOf(world.server),
      signal: leaver.signal,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 50,
      reconnectJitter: 0,
    });
    leaver.abort();
    await nc.flush();
    await world.server.kill();
    await world.server.restart();
    await eventually(() => nc.flush());
    assert.equal(nc.isClosed(), false);
  }
});

test("a connection that is disposed of drains: what is on its way is handled", async () => {
  await using world = await startWorld({ websocket: true });
  for (const { name, connect, urlOf } of TRANSPORTS) {
    const seen: string[] = [];
    let outer;
    {
      await using nc = await connect({ servers: urlOf(world.server) });
      outer = nc;
      nc.subscribe("drained", { callback: (_, message) => void seen.push(message.string()) });
      await nc.flush();
      for (let index = 0; index < 100; index++) world.nc.publish("drained", `${index}`);
      await world.nc.flush();
    }
    assert.equal(outer.isClosed(), true, name);
    assert.equal(seen.length, 100, name);
    const client = createClient(natsTransport(outer), EchoService);
    await assert.rejects(client.echo("late"), { code: "unavailable", name: "ShizukuError" });
  }
});
