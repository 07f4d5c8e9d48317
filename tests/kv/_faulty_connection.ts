import { type Msg, TimeoutError } from "@nats-io/nats-core";
import type { World } from "../_support/world.ts";

/** What becomes of one request. */
export type Fault = (send: () => Promise<Msg>) => Promise<unknown>;

/** A connection of which single requests go wrong. */
export interface FaultyConnection {
  /** The connection. */
  readonly nc: World["nc"];
  /** Lets the next request to a subject time out, after what the fault does. */
  timeOut(subject: RegExp, fault?: Fault): void;
}

/** Makes a real connection unreliable. */
export function faultyConnection(real: World["nc"]): FaultyConnection {
  const faults: { subject: RegExp; fault: Fault }[] = [];
  const request: World["nc"]["request"] = async (subject, payload, options) => {
    const send = () => real.request(subject, payload, options);
    const index = faults.findIndex((candidate) => candidate.subject.test(subject));
    if (index === -1) return await send();
    await faults.splice(index, 1)[0]!.fault(send);
    throw new TimeoutError();
  };
  return {
    nc: Object.create(real, { request: { value: request } }),
    timeOut: (subject, fault = () => Promise.resolve()) => void faults.push({ subject, fault }),
  };
}
