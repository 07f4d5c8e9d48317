import type { Delivery } from "./_delivery.ts";
import { HeldList } from "./_held.ts";

/** How leases are kept. */
export interface LeaseOptions {
  /** How long the server waits for a sign of life, in milliseconds. */
  readonly ackWaitMs: number;
  /** How long one message may be held, in milliseconds. */
  readonly maxLeaseMs: number;
  /** How often {@linkcode Leases.check} is called, in milliseconds. */
  readonly checkMs: number;
  /** Tells the server that a message is still worked on. */
  renew(delivery: Delivery): void;
  /** The same, and resolves when the server has heard it, and so all that was told before it. */
  confirm(delivery: Delivery): Promise<unknown>;
  /** A message is not ours any more. */
  onLost(delivery: Delivery, reason: "cap" | "silence"): void;
}

/** What is to be done about a lease. */
export type LeaseStep = "keep" | "renew" | "cap" | "silence";

/**
 * Decides what to do about a lease.
 *
 * It is renewed at a third of what the server waits, or before, if the next check came later. It is
 * lost when it was held for too long, and when the server may not have heard of it in time.
 *
 * @param now On the clock of the lease.
 */
export function leaseStep(
  lease: { readonly receivedAt: number; readonly renewedAt: number },
  now: number,
  { ackWaitMs, maxLeaseMs, checkMs }: Pick<LeaseOptions, "ackWaitMs" | "maxLeaseMs" | "checkMs">,
): LeaseStep {
  if (now - lease.renewedAt >= ackWaitMs) return "silence";
  if (now - lease.receivedAt >= maxLeaseMs) return "cap";
  return now - lease.renewedAt >= ackWaitMs / 3 - checkMs ? "renew" : "keep";
}

/**
 * Keeps what is held from being delivered to others, from receipt on.
 *
 * Renewals are sent together, and the server confirms the last of them: so one answer stands for all,
 * and a connection that only seems to be there is not taken for one.
 */
export class Leases {
  /** All that is held. */
  readonly held: HeldList<Delivery> = new HeldList();
  readonly #options: LeaseOptions;
  #isConfirming = false;

  constructor(options: LeaseOptions) {
    this.#options = options;
  }

  /** Looks after the leases; called now and then. */
  check(now: number, isOnline: boolean): void {
    const due: Delivery[] = [];
    for (const delivery of this.held) {
      const step = leaseStep(delivery, now, this.#options);
      if (step === "silence" || step === "cap") this.#lose(delivery, step);
      // Later ones were renewed later, but may have been received earlier: the cap needs them all.
      else if (step === "renew") due.push(delivery);
    }
    if (isOnline && due.length > 0 && !this.#isConfirming) void this.#renew(due, now);
  }

  /** Gives up all that is held: the server has forgotten who has it. */
  loseAll(): void {
    for (const delivery of this.held) this.#lose(delivery, "silence");
  }

  #lose(delivery: Delivery, reason: "cap" | "silence"): void {
    this.held.delete(delivery);
    this.#options.onLost(delivery, reason);
  }

  async #renew(due: readonly Delivery[], now: number): Promise<void> {
    this.#isConfirming = true;
    try {
      for (const delivery of due.slice(0, -1)) this.#options.renew(delivery);
      await this.#options.confirm(due.at(-1)!);
      for (const delivery of due) delivery.renewedAt = Math.max(delivery.renewedAt, now);
    } catch {
      // They are due again at the next check, and lost if that does not help in time.
    } finally {
      this.#isConfirming = false;
    }
  }
}
