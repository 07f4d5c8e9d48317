/** What a status message of the server does to the pull that it answers. */
export type PullAction =
  /** Nothing: the server only shows that it is there. */
  | { readonly type: "alive" }
  /** The pull is over, and another one may follow at once. */
  | { readonly type: "ended" }
  /** The next message is larger than what is left of `max_bytes`. */
  | { readonly type: "too_large" }
  /** The consumer is gone. */
  | { readonly type: "deleted" }
  /** Nobody serves the consumer at this moment: it may be gone, or have no leader. */
  | { readonly type: "absent" }
  /** The consumer allows less than was asked for. */
  | { readonly type: "limited"; readonly field: PullLimit; readonly most: number }
  /** Another pull may do better after a wait. */
  | { readonly type: "retry"; readonly reason: string }
  /** No pull will ever do better. */
  | { readonly type: "failed"; readonly reason: string };

/** What a consumer can limit of a pull. */
export type PullLimit = "batch" | "expires" | "max_bytes";

const LIMITS: Readonly<Record<string, PullLimit>> = {
  maxrequestbatch: "batch",
  maxrequestexpires: "expires",
  maxrequestmaxbytes: "max_bytes",
};

/**
 * Decides what a status message means for a pull.
 *
 * @param code Status, such as 408.
 * @param description Such as `Request Timeout`.
 * @see ADR-13 (pull subscribe internals), ADR-37 (simplified JetStream clients)
 */
export function pullActionOf(code: number, description: string): PullAction {
  const reason = `${code} ${description}`;
  switch (code) {
    case 100:
      return { type: "alive" };
    case 404:
    case 408:
      return { type: "ended" };
    case 503:
      return { type: "absent" };
    case 409:
      return conflictActionOf(description.toLowerCase(), reason);
    // Bad request, pinned to another client, API level: none of them passes.
    default:
      return { type: "failed", reason };
  }
}

function conflictActionOf(description: string, reason: string): PullAction {
  if (description.includes("message size exceeds")) return { type: "too_large" };
  if (description.includes("batch completed")) return { type: "ended" };
  if (description.includes("consumer deleted")) return { type: "deleted" };
  if (description.includes("push based")) return { type: "failed", reason };
  const [, name = "", most = ""] = /exceeded (maxrequest\w+) of (\S+)/.exec(description) ?? [];
  const field = LIMITS[name];
  if (field === undefined) return { type: "retry", reason };
  return { type: "limited", field, most: field === "expires" ? toMs(most) : Number(most) };
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a duration as Go writes it, such as `1m30s`. */
function toMs(text: string): number {
  const parts = text.matchAll(/([\d.]+)(ms|s|m|h)/g);
  return [...parts].reduce((sum, [, count, unit]) => sum + Number(count) * UNIT_MS[unit!]!, 0);
}
