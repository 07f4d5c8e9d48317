import {
  createPublisher,
  type DeadLetter,
  type DeadLetterFilter,
  deadLetters,
  defineEvent,
  ensureStream,
  type EventDefinition,
  type Publisher,
} from "../../src/consumers/mod.ts";
import { json } from "../../src/core/mod.ts";
import type { World } from "../_support/world.ts";

export interface Landed {
  airport: string;
  flight: number;
}

export const landed: EventDefinition<Landed, Landed, { readonly airport: string }> = defineEvent(
  json<Landed>(),
  { subject: "flight.landed.{airport}" },
);
export const QUICK = { backoff: { initialMs: 5, maxMs: 20 } };
export const PLACE = { component: "tower" };

/** Provides the stream of flights. */
export async function provide({ nc }: World): Promise<Publisher<Landed>> {
  await ensureStream(nc, { name: "flight", subjects: ["flight.>"] });
  return createPublisher(nc, landed);
}

/** Publishes flights, numbered from 0, of the airports in turns. */
export async function publishMany(
  { nc }: World,
  count: number,
  airports: readonly string[] = ["ORD"],
): Promise<void> {
  const publisher = createPublisher(nc, landed);
  const all = Array.from({ length: count }, (_, flight) => flight);
  for (let start = 0; start < count; start += 250) {
    await Promise.all(
      all.slice(start, start + 250).map((flight) =>
        publisher.publish({ airport: airports[flight % airports.length]!, flight })
      ),
    );
  }
}

/** All dead letters of the tower. */
export async function letters({ nc }: World, filter?: DeadLetterFilter): Promise<DeadLetter[]> {
  const found: DeadLetter[] = [];
  for await (const letter of deadLetters(nc, "tower").list(filter)) found.push(letter);
  return found;
}

/** A promise, and what resolves it. */
export function gate(): { opened: Promise<void>; open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => open = resolve);
  return { opened, open };
}
