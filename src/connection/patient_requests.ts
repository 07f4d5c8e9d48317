import type { Msg, NatsConnection, RequestOptions } from "@nats-io/nats-core";
import { backoffMs, delay } from "../core/mod.ts";
import type { Border } from "./border.ts";

/** Milliseconds that one try waits; a leader that is there answers in far less. */
const TRY_MS = 3_000;
/** Milliseconds in which tries begin where question or answer are lost: an election takes 4 to 9 s. */
const LOST_MS = 20_000;
/** The same where nobody listens: on a server that has just started, or has no JetStream. */
const NOBODY_MS = 2_000;
const BACKOFF = { initialMs: 50, maxMs: 500 };

/** How one try went, and how long, from the first one on, such an outcome is not taken for final. */
type Outcome = { readonly patienceMs: number } & ({ reply: Msg } | { thrown: unknown });

/**
 * Gives a connection for questions to JetStream that may be asked again: for state, and for what is
 * created where it is missing.
 *
 * A cluster that has no leader drops such questions without a word, and the official client gives
 * up then; here each is repeated for up to 20 seconds. What the server answers is final.
 */
export function patientRequests({ nc }: Border): NatsConnection {
  const request: NatsConnection["request"] = async (subject, payload, options) => {
    const startedAt = performance.now();
    for (let attempt = 1;; attempt++) {
      const outcome = await tryOnce(nc, subject, payload, options);
      const waitMs = backoffMs(attempt, BACKOFF);
      if (performance.now() - startedAt + waitMs < outcome.patienceMs) await delay(waitMs);
      else if ("reply" in outcome) return outcome.reply;
      else throw outcome.thrown;
    }
  };
  return Object.create(nc, { request: { value: request } });
}

async function tryOnce(
  nc: NatsConnection,
  subject: string,
  payload: Uint8Array | string | undefined,
  options: RequestOptions = { timeout: TRY_MS },
): Promise<Outcome> {
  try {
    const timeout = Math.min(TRY_MS, options.timeout);
    const reply = await nc.request(subject, payload, { ...options, timeout });
    return { reply, patienceMs: isNotYet(reply) ? LOST_MS : 0 };
  } catch (thrown) {
    return { thrown, patienceMs: nc.isClosed() ? 0 : patienceOf(thrown) };
  }
}

function patienceOf(thrown: unknown): number {
  const { name, message, cause } = (thrown ?? {}) as Partial<Error>;
  if ((cause as Partial<Error> | undefined)?.name === "NoResponders") return NOBODY_MS;
  const isLost = name === "TimeoutError" || message === "connection disconnected";
  return isLost ? LOST_MS : 0;
}

/** Whether JetStream says that it is there and cannot answer yet (`err_code` 10008). */
function isNotYet({ data }: Msg): boolean {
  return data.length < 300 && /"err_code":10008\b/.test(new TextDecoder().decode(data));
}
