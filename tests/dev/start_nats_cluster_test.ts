import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import assert from "node:assert/strict";
import { test } from "node:test";
import { startNatsCluster } from "../../src/dev/mod.ts";
import { eventually, isRunning, namesIn, TemporaryFolder } from "./_world.ts";

test("startNatsCluster() refuses a size that cannot be a cluster", async () => {
  for (const size of [-1, 0, 1, 2.5]) {
    await assert.rejects(startNatsCluster(size), RangeError);
  }
});

test("startNatsCluster() survives the loss of a server and takes it back", async () => {
  await using folder = await TemporaryFolder.create();
  await using cluster = await startNatsCluster(3, { storeDir: folder.path, clusterName: "trio" });
  assert.deepEqual(cluster.servers.map(({ name }) => name), ["n1", "n2", "n3"]);
  assert.deepEqual(cluster.urls, cluster.servers.map(({ url }) => url));
  assert.deepEqual(await namesIn(folder.path), ["n1", "n2", "n3"]);

  const nc = await connect({ servers: [...cluster.urls] });
  try {
    assert.equal(nc.info?.cluster, "trio");
    const manager = await jetstreamManager(nc);
    const js = jetstream(nc);
    await manager.streams.add({ name: "ORDERS", subjects: ["orders"], num_replicas: 3 });
    await js.publish("orders", "one");

    const leaders = [await cluster.metaLeader(), await cluster.streamLeader("ORDERS")];
    await eventually(async () => {
      const info = await manager.streams.info("ORDERS");
      assert.equal((await cluster.streamLeader("ORDERS")).name, info.cluster?.leader);
    });
    await assert.rejects(
      cluster.streamLeader("NONE", { timeoutMs: 50 }),
      /leader of stream "NONE" in account "\$G" of cluster "trio" within 50 ms: .*n1 running, n2/,
    );
    const follower = cluster.servers.find((server) => !leaders.includes(server))!;
    await follower.kill();
    await cluster.ready();
    assert.notEqual(await cluster.metaLeader(), follower);
    await js.publish("orders", "two", { retries: 20, timeout: 5_000 });
    await follower.restart();
    await cluster.ready();
    await eventually(async () => {
      assert.equal((await manager.streams.info("ORDERS")).state.messages, 2);
    });
  } finally {
    await nc.close();
  }
  const pids = cluster.servers.map((server) => server.pid!);
  await cluster.stop();
  await cluster.stop();
  for (const pid of pids) assert.equal(await isRunning(pid), false);
});

test("NatsCluster.metaLeader() follows the election when the leader freezes", async () => {
  await using cluster = await startNatsCluster(3);
  const leader = await cluster.metaLeader();
  leader.pause();
  const next = await cluster.metaLeader();
  assert.notEqual(next.name, leader.name);
  leader.resume();
  await cluster.ready();
  assert.equal((await cluster.metaLeader()).state, "running");
});

test("startNatsCluster() without JetStream waits for the routes", async () => {
  await using cluster = await startNatsCluster(2, { jetstream: false, websocket: true });
  const [receiver, sender] = await Promise.all(
    cluster.urls.map((url) => connect({ servers: url })),
  );
  try {
    const subscription = receiver!.subscribe("hello", { max: 1 });
    await receiver!.flush();
    let heard = false;
    const listening = (async () => {
      for await (const _ of subscription) heard = true;
    })();
    while (!heard) {
      sender!.publish("hello");
      await sender!.flush();
    }
    await listening;
    assert.match(cluster.servers[0]!.wsUrl!, /^ws:/);
  } finally {
    await Promise.all([receiver!.close(), sender!.close()]);
  }
});
