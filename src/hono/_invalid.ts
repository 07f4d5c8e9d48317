import { ShizukuError } from "../core/mod.ts";

/**
 * The error of a request that cannot be read.
 *
 * That of the `connection` folder would bring the NATS client to who serves within one process.
 */
export function invalid(message: string, cause?: unknown): ShizukuError {
  return new ShizukuError("invalid_argument", message, {
    stage: "pre",
    ...(cause !== undefined && { cause }),
  });
}
