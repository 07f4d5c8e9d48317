import { ShizukuError } from "../core/mod.ts";

/** What a call rejects with when its caller's signal has aborted. */
export function canceled(signal: { readonly reason: unknown }): ShizukuError {
  return new ShizukuError("canceled", "The caller canceled the call", {
    stage: "call",
    cause: signal.reason,
  });
}
