import type { NatsConnection } from "@nats-io/nats-core";
import { getLogger } from "../core/mod.ts";
import { entryOf } from "./_bucket_entry.ts";
import { pushPrefix } from "./_bucket_names.ts";
import { messageFactsOf } from "./_message_facts.ts";
import type { BucketEntry } from "./bucket.ts";

/** Hears of commits as the server pushes them. */
export function subscribe(
  nc: NatsConnection,
  bucket: string,
  filter: string,
  onEntry: (entry: BucketEntry) => void,
): Disposable {
  const prefix = pushPrefix(bucket);
  const subscription = nc.subscribe(prefix + filter, {
    callback: (error, message) => {
      if (error === null) {
        const key = message.subject.slice(prefix.length);
        return onEntry(entryOf(key, message.data, messageFactsOf(message)));
      }
      getLogger(["kv", bucket]).error("Subscription failed: {error}", { error });
    },
  });
  return { [Symbol.dispose]: () => subscription.unsubscribe() };
}
