import assert from "node:assert/strict";
import { test } from "node:test";
import { createUser } from "@nats-io/jwt";
import { ShizukuError, text } from "../../src/core/mod.ts";
import { openBucket, value } from "../../src/kv/mod.ts";
import type { ConnectOptions } from "../../src/transport/node.ts";
import { eventually } from "../_support/eventually.ts";
import { makeJwtAccount } from "../_support/jwt_account.ts";
import { startWorld, type WorldOptions } from "../_support/world.ts";
import { TRANSPORTS } from "./_transports.ts";

/** Asserts that a server lets some in, on every transport, and nobody else. */
async function admits(
  server: WorldOptions,
  good: ConnectOptions,
  bad: ConnectOptions[],
): Promise<void> {
  await using world = await startWorld({ ...server, websocket: true, connect: good });
  for (const { name, connect, urlOf } of TRANSPORTS) {
    const servers = urlOf(world.server);
    await using nc = await connect({ servers, ...good });
    await nc.flush();
    for (const options of [{}, ...bad]) {
      await assert.rejects(connect({ servers, ...options }), (error) => {
        assert.ok(ShizukuError.is(error), `${name}: ${error}`);
        assert.equal(error.code, "unauthenticated");
        assert.equal(error.retryable, false);
        return true;
      });
    }
  }
}

function textOf(seed: Uint8Array): string {
  return new TextDecoder().decode(seed);
}

test("connect() signs in with user and password", async () => {
  const good = { user: "ada", pass: "secret" };
  await admits({ user: "ada", password: "secret" }, good, [
    { user: "ada", pass: "guess" },
    { user: "bob", pass: "secret" },
    { token: "secret" },
  ]);
});

test("connect() signs in with a token", async () => {
  await admits({ token: "s3cret" }, { token: "s3cret" }, [{ token: "guess" }]);
});

test("connect() signs in with an nkey, as text, as bytes or from a function", async () => {
  const [user, stranger] = [createUser(), createUser()];
  const config = `authorization { users = [ { nkey: ${user.getPublicKey()} } ] }`;
  const seed = user.getSeed();
  for (const nkey of [textOf(seed), seed, () => textOf(seed)]) {
    await admits({ config }, { nkey }, [{ nkey: stranger.getSeed() }]);
  }
});

test("connect() signs in with the contents of a .creds file", async () => {
  const [account, other] = await Promise.all([makeJwtAccount(), makeJwtAccount()]);
  const credentials = await account.credentials("ada");
  await admits({ config: account.config }, { credentials }, [
    { credentials: await other.credentials("ada") },
    { credentials: await account.credentials("late", {}, -60) },
  ]);
});

test("connect() asks a function for credentials again when it reconnects", async () => {
  const account = await makeJwtAccount();
  const renewed = await Promise.all([1, 2].map((day) => account.credentials(`day ${day}`)));
  await using world = await startWorld({
    config: account.config,
    websocket: true,
    connect: { credentials: renewed[0]! },
  });
  await world.nc.close();
  for (const { connect, urlOf } of TRANSPORTS) {
    let asked = 0;
    await using nc = await connect({
      servers: urlOf(world.server),
      // The first question is whether they can be read.
      credentials: () => renewed[Math.min(1, Math.floor(asked++ / 3))]!,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 50,
    });
    await world.server.kill();
    const before = asked;
    await world.server.restart();
    await eventually(() => nc.flush());
    assert.ok(asked > before);
  }
});

test("a connection with credentials uses JetStream and KV of its account", async () => {
  const account = await makeJwtAccount();
  const credentials = await account.credentials("ada");
  await using world = await startWorld({
    config: account.config,
    websocket: true,
    connect: { credentials },
  });
  for (const { name, connect, urlOf } of TRANSPORTS) {
    await using nc = await connect({ servers: urlOf(world.server), credentials });
    const record = value(await openBucket(nc, "shared"), { key: name, codec: text });
    await record.put("here");
    assert.equal((await record.get())?.value, "here");
  }
});

test("a user whose credentials run out is told why, and calls fail as unavailable", async () => {
  const account = await makeJwtAccount();
  await using world = await startWorld({
    config: account.config,
    websocket: true,
    connect: { credentials: await account.credentials("ada") },
  });
  const credentials = await account.credentials("guest", {}, 7);
  await Promise.all(TRANSPORTS.map(async ({ name, connect, urlOf }) => {
    const servers = urlOf(world.server);
    const nc = await connect({ servers, credentials, reconnectTimeWait: 20, reconnectJitter: 0 });
    const told: string[] = [];
    void (async () => {
      for await (const status of nc.status()) {
        if (status.type === "error") told.push(status.error.name);
      }
    })();
    await nc.closed();
    await eventually(() => {
      assert.ok(told.includes("UserAuthenticationExpiredError"), `${name}: ${told}`);
    });
    await assert.rejects(openBucket(nc, "shared"), (error) => {
      assert.ok(ShizukuError.is(error), String(error));
      assert.equal(error.code, "unavailable");
      return true;
    });
  }));
});
