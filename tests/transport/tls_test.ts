import assert from "node:assert/strict";
import { test } from "node:test";
import { ShizukuError } from "../../src/core/mod.ts";
import type { ConnectOptions } from "../../src/transport/node.ts";
import { makeCertificates } from "../_support/certificates.ts";
import { eventually } from "../_support/eventually.ts";
import { spawnScript } from "../_support/spawn_script.ts";
import { startWorld } from "../_support/world.ts";
import { TRANSPORTS } from "./_transports.ts";

const OWN_TLS = TRANSPORTS.filter(({ platformTls }) => !platformTls);
const PLATFORM_TLS = TRANSPORTS.filter(({ platformTls }) => platformTls);

async function failsWith(connecting: Promise<unknown>, code: string, message: RegExp) {
  await assert.rejects(connecting, (error) => {
    assert.ok(ShizukuError.is(error), String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  });
}

test("connect() speaks TLS with a server whose authority it is given, and with no other", async () => {
  await using certificates = await makeCertificates();
  const { ca, server } = certificates;
  await using world = await startWorld({ tls: server, connect: { tls: { ca: ca.cert } } });
  const url = world.server.url.replace("tls:", "nats:");
  await using others = await makeCertificates();
  for (const { name, connect } of OWN_TLS) {
    const good: ConnectOptions[] = [
      { servers: url, tls: { ca: ca.cert } },
      { servers: url, tls: { caFile: ca.certFile } },
      { servers: url.replace("nats:", "tls:"), tls: { ca: ca.cert } },
      { servers: url.replace("127.0.0.1", "localhost"), tls: { ca: ca.cert } },
    ];
    for (const options of good) {
      await using nc = await connect(options);
      await nc.flush();
      assert.equal(nc.info?.tls_required, true, name);
    }
    await failsWith(connect({ servers: url }), "unavailable", /certificate/);
    const wrong = { servers: url, tls: { ca: others.ca.cert } };
    await failsWith(connect(wrong), "unavailable", /certificate/);
    const missing = { servers: url, tls: { caFile: "missing.pem" } };
    await failsWith(connect(missing), "invalid_argument", /missing\.pem doesn't exist/);
    await failsWith(connect({ servers: url, tls: null }), "failed_precondition", /without TLS/);
  }
});

test("connect() comes back over TLS after its server", async () => {
  await using certificates = await makeCertificates();
  const tls = { ca: certificates.ca.cert };
  await using world = await startWorld({ tls: certificates.server, connect: { tls } });
  await world.nc.close();
  for (const { connect } of OWN_TLS) {
    const again = { maxReconnectAttempts: -1, reconnectTimeWait: 50, reconnectJitterTLS: 0 };
    await using nc = await connect({ servers: world.server.url, tls, ...again });
    await world.server.kill();
    await world.server.restart();
    await eventually(() => nc.flush());
    assert.equal(nc.info?.tls_required, true);
  }
});

test("connect() shows a certificate of its own to a server that asks for one", async () => {
  await using certificates = await makeCertificates();
  const { ca, client, server } = certificates;
  const shown = { ca: ca.cert, cert: client.cert, key: client.key };
  await using world = await startWorld({
    tls: { cert: server.cert, key: server.key, ca: ca.cert, verify: true },
    connect: { tls: shown },
  });
  const servers = world.server.url;
  for (const { connect } of OWN_TLS) {
    const files = { caFile: ca.certFile, certFile: client.certFile, keyFile: client.keyFile };
    for (const tls of [shown, files]) {
      await using nc = await connect({ servers, tls });
      await nc.flush();
    }
    // Such a server closes without a word, which only some runtimes can tell from a late answer.
    await assert.rejects(connect({ servers, tls: { ca: ca.cert }, timeout: 1_000 }), {
      name: "ShizukuError",
    });
  }
});

test("connect() refuses a server without TLS where TLS is asked for", async () => {
  await using world = await startWorld({ websocket: true });
  const { url } = world.server;
  for (const { connect } of OWN_TLS) {
    await failsWith(connect({ servers: url, tls: {} }), "failed_precondition", /support 'tls'/);
    const address = url.replace("nats:", "tls:");
    await failsWith(connect({ servers: address }), "failed_precondition", /support 'tls'/);
    await assert.rejects(connect({ servers: address, tls: null }), /tls must not be null/);
  }
});

test("connect() leaves TLS to the platform over a WebSocket, and says so", async () => {
  await using certificates = await makeCertificates();
  const { ca, server } = certificates;
  await using world = await startWorld({
    tls: server,
    websocket: true,
    connect: { tls: { ca: ca.cert } },
  });
  const servers = world.server.wsUrl!;
  assert.match(servers, /^wss:/);
  for (const { connect } of PLATFORM_TLS) {
    await failsWith(connect({ servers }), "unavailable", /certificate|TLS|peer/i);
    await failsWith(connect({ servers, tls: {} }), "unavailable", /certificate|TLS|peer/i);
    for (const option of ["ca", "caFile", "cert", "certFile", "key", "keyFile"]) {
      const options = { servers, tls: { [option]: "x" } };
      await assert.rejects(connect(options), new RegExp(`tls\\.${option} must not be given`));
    }
    const plain = servers.replace("wss:", "ws:");
    await assert.rejects(connect({ servers: plain, tls: {} }), /must all begin with wss:/);
    await assert.rejects(connect(), /must be given servers/);
  }
  // Each runtime takes further authorities from its environment, when it starts.
  await using script = spawnScript(new URL("./wss_process.ts", import.meta.url), {
    args: [servers],
    env: { NODE_EXTRA_CA_CERTS: ca.certFile, DENO_CERT: ca.certFile },
  });
  assert.equal(await script.line(/^flushed|^failed/), "flushed wss");
});
