import { ShizukuError } from "../core/mod.ts";

/** Whether nobody answered, so that what was asked was certainly not done. */
export function saysNobody(thrown: unknown): boolean {
  const { name, cause } = (thrown ?? {}) as { name?: unknown; cause?: unknown };
  return name === "NoResponders" ||
    (cause as { name?: unknown } | undefined)?.name === "NoResponders";
}

/** Whether the server does not allow to ask. */
export function saysRefused(thrown: unknown): boolean {
  const { cause } = (thrown ?? {}) as { cause?: unknown };
  return (cause as { name?: unknown } | undefined)?.name === "PermissionViolationError";
}

/** Whether another write came first. */
export function saysConflict(thrown: unknown): boolean {
  return ShizukuError.is(thrown) && thrown.code === "aborted";
}
