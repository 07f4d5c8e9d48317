import { ShizukuError } from "../core/mod.ts";

/** The error of what is refused before anything is done: `invalid_argument`, which no retry helps. */
export function invalid(message: string, cause?: unknown): ShizukuError {
  return new ShizukuError("invalid_argument", message, {
    stage: "pre",
    ...(cause !== undefined && { cause }),
  });
}
