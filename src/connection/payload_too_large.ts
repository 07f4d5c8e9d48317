import { ShizukuError, type Stage } from "../core/mod.ts";

/** What does not fit through a connection. */
export interface TooLarge {
  /** What was tried, to begin the message with: `Cannot publish on notes`. */
  readonly action: string;
  /** What it is: `an event`. */
  readonly what: string;
  /** Its size in bytes. */
  readonly size: number;
  /** What the server takes, in bytes. */
  readonly max: number;
  /** Where it arose. */
  readonly stage: Stage;
}

/** The error for what is larger than the server takes: it names both sizes, and never passes. */
export function payloadTooLarge({ action, what, size, max, stage }: TooLarge): ShizukuError {
  return new ShizukuError(
    "resource_exhausted",
    `${action} as ${what} must have at most ${max} bytes: current size is ${size}`,
    { stage, retryable: false },
  );
}
