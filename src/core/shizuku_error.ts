import { type Code, CODES } from "./code.ts";
import type { HeadersRecord } from "./headers.ts";

/**
 * Where in the handling of a call an error arose: `pre` decoding and routing, `business` the
 * processor, `post` encoding and publishing, `call` a remote call.
 *
 * @example
 * ```ts
 * import { ShizukuError } from "@shizuku/shizuku/core";
 *
 * const error = new ShizukuError("invalid_argument", "Cannot read a line", { stage: "pre" });
 * console.log(error.stage, new ShizukuError("internal", "Broken").stage); // pre business
 * ```
 */
export type Stage = "pre" | "business" | "post" | "call";

/**
 * A protobuf message that travels with an error.
 *
 * @example Read one that came with an error
 * ```ts
 * import { ShizukuError } from "@shizuku/shizuku/core";
 * import { fromBinary } from "@bufbuild/protobuf";
 * import { DurationSchema } from "@bufbuild/protobuf/wkt";
 *
 * const details = [{ type: "google.protobuf.Duration", value: Uint8Array.of(8, 7) }];
 * const error = new ShizukuError("resource_exhausted", "Cannot take more", { details });
 * const wait = error.details.find((detail) => detail.type === DurationSchema.typeName)!;
 * console.log(fromBinary(DurationSchema, wait.value).seconds); // 7n
 * ```
 */
export interface ErrorDetail {
  /** Full name of the message type, such as `google.rpc.RetryInfo`. */
  readonly type: string;
  /** The message in protobuf's binary form. */
  readonly value: Uint8Array;
}

/**
 * What a {@linkcode ShizukuError} carries besides code and message.
 *
 * @example
 * ```ts
 * import { ShizukuError } from "@shizuku/shizuku/core";
 *
 * const error = new ShizukuError("resource_exhausted", "Cannot take more than 10 a second", {
 *   headers: { "Retry-After": "1" },
 *   retryable: true,
 *   cause: new Error("The limiter is full"),
 * });
 * ```
 */
export interface ShizukuErrorOptions {
  /**
   * Where it arose.
   * @default {"business"}
   */
  stage?: Stage;
  /** Whether trying again can help. By default what {@linkcode CODES} says of the code. */
  retryable?: boolean;
  /** Messages for the caller. They cross the wire. */
  details?: readonly ErrorDetail[];
  /** Headers for the caller, such as `Retry-After`. They cross the wire. */
  headers?: HeadersRecord | undefined;
  /** What caused it. It stays in this process, for the log. */
  cause?: unknown;
}

const BRAND = /* @__PURE__ */ Symbol.for("shizuku.error");

/**
 * The one error of this library.
 *
 * Code, message and details cross the wire; the cause stays in the log. It is recognised by a brand
 * and not by `instanceof`, since two copies of a package can share a process.
 *
 * @example Refuse, with a code
 * ```ts
 * import { ShizukuError } from "@shizuku/shizuku/core";
 *
 * try {
 *   throw new ShizukuError("not_found", "Cannot find ticket 7");
 * } catch (error) {
 *   if (ShizukuError.is(error)) console.log(error.code, error.retryable); // not_found false
 * }
 * ```
 */
export class ShizukuError extends Error {
  /** Tells it from other errors in a log. */
  override readonly name: string = "ShizukuError";
  /** What went wrong. */
  declare readonly code: Code;
  /** Where it arose. */
  declare readonly stage: Stage;
  /** Whether trying again can help. */
  declare readonly retryable: boolean;
  /** Messages for the caller. */
  declare readonly details: readonly ErrorDetail[];
  /** Headers for the caller, if there are any. */
  declare readonly headers: HeadersRecord | undefined;

  /**
   * Makes an error.
   *
   * @param code What went wrong.
   * @param message For the caller: the action, what was wanted, what was found.
   */
  constructor(code: Code, message: string, options: ShizukuErrorOptions = {}) {
    super(message, options);
    Object.defineProperty(this, BRAND, { value: true });
    this.code = code;
    this.stage = options.stage ?? "business";
    this.retryable = options.retryable ?? CODES[code].retryable;
    this.details = options.details ?? [];
    this.headers = options.headers;
  }

  /** Tells whether a value is an error of this library, from whichever copy of it. */
  static is(value: unknown): value is ShizukuError {
    return typeof value === "object" && value !== null && BRAND in value;
  }

  /**
   * Makes one of anything that was thrown.
   *
   * An error of this library is returned as it is. An abort becomes `canceled`, a timeout becomes
   * `deadline_exceeded`, and everything else becomes `internal` with a message that says nothing:
   * what was thrown is kept as `cause`.
   *
   * @param stage Where it arose, for errors that do not say.
   */
  static from(thrown: unknown, stage: Stage = "business"): ShizukuError {
    if (ShizukuError.is(thrown)) return thrown;
    const name = (thrown as { name?: unknown } | null | undefined)?.name;
    const [code, message]: [Code, string] = name === "AbortError"
      ? ["canceled", "The call was canceled"]
      : name === "TimeoutError"
      ? ["deadline_exceeded", "The call took too long"]
      : ["internal", "Internal error"];
    return new ShizukuError(code, message, { stage, cause: thrown });
  }
}
