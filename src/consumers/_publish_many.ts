import { invalid } from "../connection/mod.ts";
import type { ShizukuError } from "../core/mod.ts";
import { type FlowOptions, type Items, runAll, runEach } from "./_flow.ts";
import { toPublishError } from "./_publish_error.ts";
import type { PublishAck, PublishResult } from "./publish_options.ts";

/** Publishes one of many events. */
type Publish<Init> = (event: Init) => Promise<PublishAck>;

/** Publishes events, so many at once, and gathers how each fared. */
export function publishAll<Init>(
  events: Items<Init>,
  publish: Publish<Init>,
  options: FlowOptions,
): Promise<PublishResult[]> {
  return runAll(events, attempt(publish), options);
}

/** Publishes events, so many at once, and yields how each fared. */
export function publishEach<Init>(
  events: Items<Init>,
  publish: Publish<Init>,
  options: FlowOptions,
): AsyncGenerator<PublishResult> {
  return runEach(events, attempt(publish), options);
}

/** Never rejects. */
function attempt<Init>(publish: Publish<Init>): (event: Init) => Promise<PublishResult> {
  return (event) => publish(event).then(toAck, toFailure);
}

function toAck(ack: PublishAck): PublishResult {
  return { ack };
}

function toFailure(thrown: unknown): PublishResult {
  return { error: asError(thrown) };
}

/** An event that cannot even be encoded is its publisher's mistake, and one result among others. */
function asError(thrown: unknown): ShizukuError {
  if (thrown instanceof TypeError || thrown instanceof RangeError) {
    return invalid(thrown.message, thrown);
  }
  return toPublishError(thrown, "Cannot publish an event");
}
