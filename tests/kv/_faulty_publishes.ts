import { createInbox } from "@nats-io/nats-core";
import type { World } from "../_support/world.ts";

/** What becomes of one message; `send` sends it in such a way that no answer comes back. */
export type PublishFault = (send: () => void) => void;

/** A connection of which single messages go wrong, requests included. */
export interface FaultyPublishes {
  /** The connection. */
  readonly nc: World["nc"];
  /** Loses the answer to the next message to a subject, or does to it what the fault does. */
  fail(subject: RegExp, fault?: PublishFault): void;
}

/** Makes a real connection unreliable. */
export function faultyPublishes(real: World["nc"]): FaultyPublishes {
  const faults: { subject: RegExp; fault: PublishFault }[] = [];
  const publish: World["nc"]["publish"] = (subject, payload, options) => {
    const index = faults.findIndex((candidate) => candidate.subject.test(subject));
    if (index === -1) return real.publish(subject, payload, options);
    const unheard = { ...options, reply: createInbox() };
    faults.splice(index, 1)[0]!.fault(() => real.publish(subject, payload, unheard));
  };
  return {
    nc: Object.create(real, { publish: { value: publish } }),
    fail: (subject, fault = (send) => send()) => void faults.push({ subject, fault }),
  };
}
