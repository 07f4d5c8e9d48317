import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/nats-core";
import { Svcm } from "@nats-io/services";
import { PAYLOAD } from "../services/_contract.ts";
import { type Grow, type Grown, times } from "./_grown.ts";

/** The same with the official packages. */
export const RAW_GROWN: Readonly<Record<string, Grow>> = {
  methods: growSubscriptions,
  hooks: growConsumers,
  keys: growWatches,
  components: growServices,
};

/** Subscriptions that answer; one is called. */
async function growSubscriptions(
  owner: NatsConnection,
  user: NatsConnection,
  count: number,
): Promise<Grown> {
  times(count, (index) =>
    owner.subscribe(`raw.m${index}`, {
      callback: (_, message) => void message.respond(message.data),
    }));
  await owner.flush();
  return {
    use: (index) => user.request(`raw.m${index}`, PAYLOAD, { timeout: 5_000 }),
    stop: () => Promise.resolve(),
  };
}

/** Durable consumers, each of a subject of its own; one event is published and handled. */
async function growConsumers(
  owner: NatsConnection,
  user: NatsConnection,
  count: number,
): Promise<Grown> {
  const { streams, consumers } = await jetstreamManager(owner, { checkAPI: false });
  await streams.add({ name: "growth", subjects: ["growth.*"], storage: "memory" });
  const client = jetstream(owner);
  let onHandled = () => {};
  const all = await Promise.all(
    times(count, async (index) => {
      const name = `h${index}`;
      const filter_subject = `growth.${name}`;
      await consumers.add("growth", { durable_name: name, ack_policy: "explicit", filter_subject });
      const consumer = await client.consumers.get("growth", name);
      return await consumer.consume({
        callback(message) {
          message.ack();
          onHandled();
        },
      });
    }),
  );
  const publisher = jetstream(user);
  return {
    async use(index) {
      const handled = new Promise<void>((resolve) => onHandled = resolve);
      await publisher.publish(`growth.h${index}`, PAYLOAD);
      await handled;
    },
    stop: async () => void await Promise.all(all.map((messages) => messages.close())),
  };
}

/** A watch for each key; one key is written and seen. */
async function growWatches(
  owner: NatsConnection,
  user: NatsConnection,
  count: number,
): Promise<Grown> {
  const kv = await new Kvm(owner).create("growth", { storage: "memory" as never });
  const writer = await new Kvm(user).open("growth");
  let onSeen = () => {};
  const watches = await Promise.all(
    times(count, async (index) => {
      const watch = await kv.watch({ key: `item.${index}` });
      void (async () => {
        for await (const _ of watch) onSeen();
      })();
      return watch;
    }),
  );
  return {
    async use(index) {
      const seen = new Promise<void>((resolve) => onSeen = resolve);
      await writer.put(`item.${index}`, PAYLOAD);
      await seen;
    },
    stop: () => Promise.resolve(watches.forEach((watch) => watch.stop())),
  };
}

/** Services of the official package with one endpoint each; one is called. */
async function growServices(
  owner: NatsConnection,
  user: NatsConnection,
  count: number,
): Promise<Grown> {
  // It brings its own, older copy of nats-core, of which only the types differ.
  const services = new Svcm(owner as never);
  await Promise.all(
    times(count, async (index) => {
      const service = await services.add({ name: `c${index}`, version: "1.0.0" });
      service.addEndpoint("echo", {
        subject: `raw.c${index}`,
        handler: (_, message) => void message.respond(message.data),
      });
    }),
  );
  await owner.flush();
  return {
    use: (index) => user.request(`raw.c${index}`, PAYLOAD, { timeout: 5_000 }),
    stop: () => Promise.resolve(),
  };
}
