import { type Load, runLoad } from "../frame/load.ts";

/** What a consumer process is asked for: events one by one. */
export interface Delivery {
  /** Which way of consuming. */
  way: string;
  /** How long, in milliseconds. */
  turnMs: number;
}

/**
 * Publishes an event when the one before is handled; tells the time from each publish until its
 * handler has run.
 *
 * @param start Starts to consume; gives what ends it.
 */
export async function deliverOneByOne(
  turnMs: number,
  start: (onHandled: () => void) => Promise<() => Promise<unknown>>,
  publish: () => void,
): Promise<Load> {
  let onHandled = () => {};
  const stop = await start(() => onHandled());
  const deliver = () =>
    new Promise<void>((resolve) => {
      onHandled = resolve;
      publish();
    });
  // The first one waits until everything is ready.
  await deliver();
  const load = await runLoad(deliver, { inFlight: 1, turnMs });
  await stop();
  return load;
}
