import type { StreamConfig } from "@nats-io/jetstream";
import {
  type Connection,
  fromNatsError,
  ignore,
  type ResourcePlan,
  STREAM_NAME_IN_USE,
  STREAM_NOT_FOUND,
} from "../connection/mod.ts";
import { manager } from "./_jetstream.ts";
import { type HookNames, hookNames } from "./_names.ts";
import type { ConsumerPlace } from "./ensure_consumer.ts";

type Wanted = Partial<StreamConfig> & { readonly name: string; readonly subjects: string[] };

const DAY_NANOS = 24 * 3_600 * 1_000_000_000;

/**
 * Creates the streams that a component's hooks need: for what they give up, for what is tried anew,
 * and for the number of tries. Those that exist stay as they are but for their subjects, so that
 * limits and replicas can be set by hand.
 *
 * @param replicas Copies of new ones: as many as the events have, which they must outlive.
 */
export async function ensureHookStreams(
  connection: Connection,
  place: ConsumerPlace,
  replicas: number,
): Promise<void> {
  const names = hookNames(place);
  const wanted = hookStreams(names, place.component, replicas);
  try {
    await Promise.all(wanted.map((config) => ensure(connection, config)));
  } catch (thrown) {
    throw fromNatsError(thrown, `Cannot provide the dead letters of ${place.component}`);
  }
}

/** Tells what {@linkcode ensureHookStreams} would do. */
export async function planHookStreams(
  connection: Connection,
  place: ConsumerPlace,
): Promise<ResourcePlan[]> {
  const { streams } = await manager(connection);
  const wanted = hookStreams(hookNames(place), place.component, 1);
  return await Promise.all(wanted.map(async ({ name, subjects }): Promise<ResourcePlan> => {
    const found = await streams.info(name).catch(ignore(STREAM_NOT_FOUND));
    const isSame = found?.config.subjects.join() === subjects.join();
    const action = found === undefined ? "create" : isSame ? "keep" : "update";
    return { kind: "stream", name, action, details: isSame ? [] : [`subjects ${subjects.join()}`] };
  }));
}

function hookStreams(names: HookNames, component: string, num_replicas: number): Wanted[] {
  const common = { storage: "file", num_replicas } as const;
  return [
    {
      ...common,
      name: names.letters,
      subjects: [names.letter("*", ">")],
      retention: "limits",
      description: `Messages that hooks of component ${component} have given up`,
    },
    {
      ...common,
      name: names.redrives,
      subjects: [names.redrive("*", ">")],
      retention: "workqueue",
      description: `Dead letters that hooks of component ${component} try anew`,
    },
    {
      ...common,
      name: names.tries,
      subjects: [names.tried("*", ">")],
      retention: "limits",
      max_msgs_per_subject: 1,
      max_msgs: 1_000_000,
      max_age: DAY_NANOS,
      description: `How often hooks of component ${component} have tried a message`,
    },
  ];
}

async function ensure(connection: Connection, wanted: Wanted): Promise<void> {
  const { streams } = await manager(connection);
  const found = await streams.info(wanted.name).catch(ignore(STREAM_NOT_FOUND));
  if (found === undefined) {
    // Another process may just have created it, by the same code.
    await streams.add(wanted).catch(ignore(STREAM_NAME_IN_USE));
  } else if (found.config.subjects.join() !== wanted.subjects.join()) {
    await streams.update(wanted.name, { ...found.config, subjects: wanted.subjects });
  }
}
