import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname } from "node:path";
import process from "node:process";
import { test } from "node:test";
import {
  findNatsServer,
  type NatsServer,
  NatsServerStartError,
  startNatsServer,
} from "../../src/dev/mod.ts";
import { pickPorts } from "../../src/dev/_ports.ts";
import {
  canLogin,
  CHILD,
  eventually,
  isRunning,
  namesIn,
  Progress,
  RawClient,
  startChild,
  TemporaryFolder,
  writeExecutable,
} from "./_world.ts";

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(() => true, () => false);
}

/** Publishes into a stream of its own, and returns how many messages the stream has. */
async function publishOne(server: NatsServer): Promise<number> {
  const nc: NatsConnection = await connect({ servers: server.url });
  try {
    const manager = await jetstreamManager(nc);
    await manager.streams.add({ name: "ORDERS", subjects: ["orders"] });
    await jetstream(nc).publish("orders", "one");
    return (await manager.streams.info("ORDERS")).state.messages;
  } finally {
    await nc.close();
  }
}

/** Makes an authority, and a certificate of 127.0.0.1 by it. */
function makeCertificates(folder: TemporaryFolder): { ca: string; cert: string; key: string } {
  const [ca, cert, key] = ["ca.pem", "cert.pem", "key.pem"].map((name) => folder.join(name));
  const caKey = folder.join("ca.key");
  const ssl = (...args: string[]) => execFileSync("openssl", args, { stdio: "ignore" });
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  ssl("req", "-x509", ...curve, "-keyout", caKey, "-out", ca!, "-days", "2", "-subj", "/CN=ca");
  const issuer = ["-CA", ca!, "-CAkey", caKey];
  const name = ["-subj", "/CN=server", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"];
  const plain = ["-addext", "basicConstraints=critical,CA:FALSE"];
  ssl(
    "req",
    "-x509",
    ...curve,
    "-keyout",
    key!,
    "-out",
    cert!,
    "-days",
    "2",
    ...issuer,
    ...name,
    ...plain,
  );
  return { ca: ca!, cert: cert!, key: key! };
}

function defineTests(): void {
  test("startNatsServer() is ready, and stop() leaves nothing", async () => {
    const server = await startNatsServer();
    const folder = dirname(server.storeDir!);
    const pid = server.pid!;
    assert.equal(server.state, "running");
    assert.equal(server.url, `nats://127.0.0.1:${server.port}`);
    assert.equal(server.wsUrl, undefined);
    assert.equal(await canLogin(server.port), true);
    const varz = await (await fetch(`${server.monitorUrl}/varz`)).json();
    assert.equal(varz.version, server.version);
    assert.equal(varz.server_name, server.name);
    assert.equal(await publishOne(server), 1);

    await Promise.all([server.stop(), server.stop()]);
    await server.stop();
    assert.equal(server.state, "stopped");
    assert.equal(server.pid, undefined);
    assert.equal((await server.exited).signal, null);
    assert.match(server.log, /Server Exiting/);
    assert.equal(await isRunning(pid), false);
    assert.equal(await exists(folder), false);
  });

  test("startNatsServer() starts many at once on ports of their own", async () => {
    const servers = await Promise.all(Array.from({ length: 6 }, () => startNatsServer()));
    try {
      const ports = servers.flatMap((server) => [server.port, server.monitorPort]);
      assert.equal(new Set(ports).size, 12);
      for (const server of servers) assert.equal(await canLogin(server.port), true);
    } finally {
      await Promise.all(servers.map((server) => server.stop()));
    }
  });

  test("NatsServer.restart() keeps ports and store after kill, while running, after stop", async () => {
    await using server = await startNatsServer();
    const { port, monitorPort, pid } = server;
    assert.equal(await publishOne(server), 1);

    await server.kill();
    assert.equal(server.state, "stopped");
    assert.equal((await server.exited).signal, "SIGKILL");
    await server.restart();
    assert.notEqual(server.pid, pid);
    assert.equal(await publishOne(server), 2);

    await server.restart();
    assert.equal(await publishOne(server), 3);

    await server.stop({ keepStore: true });
    await server.restart();
    assert.equal(await publishOne(server), 4);
    assert.deepEqual([server.port, server.monitorPort], [port, monitorPort]);

    await server.stop();
    await server.restart();
    assert.equal(await publishOne(server), 1, "stop() removes a temporary store");
  });

  test("startNatsServer() keeps a given storeDir", async () => {
    await using folder = await TemporaryFolder.create();
    const storeDir = folder.join('a b"c');
    for (const expected of [1, 2]) {
      await using server = await startNatsServer({ storeDir });
      assert.equal(server.storeDir, storeDir);
      assert.equal(await publishOne(server), expected);
    }
    assert.deepEqual(await namesIn(storeDir), ["jetstream"]);
  });

  test("NatsServer.pause() freezes it with its connections, resume() lets it go on", async () => {
    await using server = await startNatsServer();
    using client = await RawClient.connect(server.port);
    client.login();
    await client.until("PONG");
    server.pause();
    assert.equal(server.state, "paused");
    client.heard = "";
    client.socket.write("PING\r\n");
    await eventually(async () => assert.match(await stateOf(server.pid!), /^T/));
    assert.equal(client.heard, "");
    server.resume();
    assert.equal(server.state, "running");
    await client.until("PONG");
    server.pause();
    await server.stop();
    assert.equal(server.state, "stopped");
  });

  test("startNatsServer() without JetStream, with limits and raw configuration", async () => {
    const config = "max_connections: 1\nlog_file: /nowhere/x.log";
    const options = { jetstream: false, maxPayload: 2048, serverName: "tiny", config };
    await using server = await startNatsServer(options);
    assert.equal(server.storeDir, undefined);
    using client = await RawClient.connect(server.port);
    const info = JSON.parse(/INFO (.*)\r\n/.exec(client.heard)![1]!);
    assert.equal(info.max_payload, 2048);
    assert.equal(info.server_name, "tiny");
    assert.equal(info.jetstream, undefined);
    client.login();
    await client.until("PONG");
    assert.equal(await canLogin(server.port), false);
  });

  test("startNatsServer() listens for WebSockets", async () => {
    await using server = await startNatsServer({ websocket: true });
    using client = RawClient.open(Number(new URL(server.wsUrl!).port));
    client.socket.write([
      "GET / HTTP/1.1",
      "Host: 127.0.0.1",
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      "\r\n",
    ].join("\r\n"));
    await client.until("101 Switching Protocols");
    await client.until("INFO {");
  });

  test("startNatsServer() lets in by user and password, or by token", async () => {
    {
      await using server = await startNatsServer({ user: "ada", password: 'pa"ss $x' });
      assert.equal(await canLogin(server.port, { user: "ada", pass: 'pa"ss $x' }), true);
      assert.equal(await canLogin(server.port, { user: "ada", pass: "guess" }), false);
      assert.equal(await canLogin(server.port), false);
    }
    await using server = await startNatsServer({ token: "5k" });
    assert.equal(await canLogin(server.port, { auth_token: "5k" }), true);
    assert.equal(await canLogin(server.port, { auth_token: "6k" }), false);
  });

  test("startNatsServer() refuses options that contradict each other", async () => {
    for (const options of [{ user: "ada" }, { password: "p" }, { token: "t", user: "ada" }]) {
      await assert.rejects(startNatsServer(options), TypeError);
    }
  });

  test("startNatsServer() speaks TLS, by files or PEM, and can ask for client certificates", async () => {
    await using folder = await TemporaryFolder.create();
    const { ca, cert, key } = makeCertificates(folder);
    {
      await using server = await startNatsServer({ tls: { cert, key }, websocket: true });
      assert.match(server.url, /^tls:/);
      assert.match(server.wsUrl!, /^wss:/);
      const nc = await connect({ servers: server.url, tls: { caFile: ca } });
      await nc.flush();
      await nc.close();
    }
    const pem = async (file: string) => await readFile(file, "utf8");
    const tls = { cert: await pem(cert), key: await pem(key), ca: await pem(ca), verify: true };
    await using server = await startNatsServer({ tls });
    const mutual = { caFile: ca, certFile: cert, keyFile: key };
    const nc = await connect({ servers: server.url, tls: mutual });
    await nc.close();
    await assert.rejects(connect({ servers: server.url, tls: { caFile: ca }, reconnect: false }));
  });

  test("startNatsServer() uses a given port, and refuses one that is in use", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as { port: number };
    await assert.rejects(startNatsServer({ port }), /port \d+ must be free: it is in use/);
    await new Promise((resolve) => taken.close(resolve));
    await using server = await startNatsServer({ port });
    assert.equal(server.port, port);
  });

  test("startNatsServer() tells command, wish and log when the start fails", async () => {
    const failure = startNatsServer({ config: "nonsense_key: 1" });
    await assert.rejects(failure, (error) => {
      assert.ok(error instanceof NatsServerStartError);
      assert.match(
        error.message,
        /wanted it ready on 127\.0\.0\.1:\d+ with JetStream, but it ended/,
      );
      assert.match(error.command, /--config .*server\.conf/);
      assert.match(error.log, /nonsense_key/);
      assert.ok(error.message.includes(error.log));
      return true;
    });
  });

  test("startNatsServer() gives up a server that is never ready, and one that cannot start", async () => {
    await using folder = await TemporaryFolder.create();
    const path = await writeExecutable(folder.join("hangs"), "#!/bin/sh\nexec /bin/sleep 60\n");
    const binary = { path, version: "2.15.2", origin: "env" } as const;
    const hangs = startNatsServer({ binary, startTimeoutMs: 100, stopTimeoutMs: 100 });
    await assert.rejects(hangs, /within 100 ms, but it is not/);
    const missing = { ...binary, path: folder.join("missing") };
    await assert.rejects(startNatsServer({ binary: missing }), /ended before it began: .*ENOENT/);
  });

  test("startNatsServer() tries other ports when one was taken meanwhile", async () => {
    await using folder = await TemporaryFolder.create();
    const real = await findNatsServer();
    const flag = folder.join("tried");
    const path = await writeExecutable(
      folder.join("collides"),
      `#!/bin/sh\n[ -e "${flag}" ] && exec "${real.path}" "$@"\n: > "${flag}"\n` +
        `echo "Error listening on port: listen tcp: bind: address already in use"\nexit 1\n`,
    );
    const progress = new Progress();
    const binary = { ...real, path };
    await using server = await startNatsServer({ binary, onProgress: progress.on });
    assert.equal(await canLogin(server.port), true);
    assert.match(progress.text, /a port was taken meanwhile/);
  });

  test("startNatsServer() follows its signal", async () => {
    const before = new AbortController();
    before.abort(new Error("never"));
    await assert.rejects(startNatsServer({ signal: before.signal }), /^Error: never$/);
    const later = new AbortController();
    await using server = await startNatsServer({ signal: later.signal });
    const folder = dirname(server.storeDir!);
    later.abort();
    await server.exited;
    await eventually(async () => assert.equal(await exists(folder), false));
  });

  test("NatsServer.stop() resorts to SIGKILL", async () => {
    await using folder = await TemporaryFolder.create();
    const real = await findNatsServer();
    // The shell ignores SIGTERM and so does what it runs in the foreground.
    const script = `#!/bin/sh\ntrap "" TERM\n"${real.path}" "$@" &\nchild=$!\n` +
      `while [ -d "${folder.path}" ]; do /bin/sleep 0.1; done\nkill -9 $child\n`;
    const path = await writeExecutable(folder.join("stubborn"), script);
    const server = await startNatsServer({ binary: { ...real, path }, stopTimeoutMs: 50 });
    const child = Number(/\[(\d+)\]/.exec(server.log)![1]);
    await server.stop();
    process.kill(child, "SIGKILL");
    assert.equal((await server.exited).signal, "SIGKILL");
  });

  test("startNatsServer() leaves nothing when its parent forgets it, exits or crashes", async () => {
    await Promise.all(["forgets", "exits", "crashes"].map(async (end) => {
      const child = startChild(import.meta.url, "parent", [end]);
      await eventually(() => assert.match(child.output, /ready \d+ \d+ .*\n/));
      const [, first, second, folder] = /ready (\d+) (\d+) (.*)\n/.exec(child.output)!;
      if (end === "crashes") child.kill("SIGKILL");
      await child.ended;
      await eventually(async () => {
        const running = await Promise.all([first, second].map((pid) => isRunning(Number(pid))));
        assert.deepEqual([...running, await exists(folder!)], [false, false, false], end);
      });
    }));
  });

  test("main.ts starts a server until SIGTERM", async () => {
    await using folder = await TemporaryFolder.create();
    const [port] = await pickPorts(1);
    const args = ["--port", String(port), "--store", folder.join("store"), "--ws"];
    const child = startChild(import.meta.url, "main", args);
    await eventually(() => assert.match(child.output, /monitoring at http/));
    assert.match(child.output, new RegExp(`nats-server \\d+\\.\\d+\\.\\d+ at nats://.*:${port}\n`));
    assert.match(child.output, /WebSocket at ws:/);
    assert.equal(await canLogin(port!), true);
    const second = startChild(import.meta.url, "main", ["--port", String(port)]);
    assert.equal(await second.ended, 1);
    assert.match(second.output, new RegExp(`port ${port} must be free: it is in use`));
    child.kill("SIGTERM");
    assert.equal(await child.ended, 0, child.output);
    assert.deepEqual(await namesIn(folder.path), ["store"]);
  });

  test("main.ts --find-only prints the path", async () => {
    const child = startChild(import.meta.url, "main", ["--find-only"]);
    assert.equal(await child.ended, 0, child.output);
    assert.equal(child.output.trim(), (await findNatsServer()).path);
  });
}

async function stateOf(pid: number): Promise<string> {
  return await Promise.resolve(
    execFileSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).trim(),
  );
}

async function runAsParent(end: string | undefined): Promise<void> {
  const first = await startNatsServer();
  const second = await startNatsServer();
  second.pause();
  console.log(`ready ${first.pid} ${second.pid} ${dirname(first.storeDir!)}`);
  if (end === "exits") process.exit(0);
  if (end === "crashes") setInterval(() => {}, 1_000);
}

if (process.env[CHILD] === "parent") await runAsParent(process.argv[2]);
else if (process.env[CHILD] === "main") await import("../../src/dev/main.ts");
else defineTests();
