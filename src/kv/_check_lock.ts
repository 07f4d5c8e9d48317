import { invalid } from "../connection/mod.ts";
import { ShizukuError } from "../core/mod.ts";
import type { Bucket } from "./bucket.ts";

/** Refuses a bucket in which locks cannot live. @throws {ShizukuError} `failed_precondition`. */
export function checkLockBucket(what: string, { name, republish, ttlMs }: Bucket): void {
  const refuseBucket = (wanted: string) => {
    throw new ShizukuError(
      "failed_precondition",
      `Cannot create ${what} in bucket ${name} as it must be opened ${wanted}`,
      { stage: "pre" },
    );
  };
  if (!republish) refuseBucket("with republish: true");
  if (ttlMs !== undefined) refuseBucket(`without ttlMs: current value is ${ttlMs}`);
}

/** Refuses a name that is none. @throws {ShizukuError} `invalid_argument`. */
export function checkLockName(action: string, name: string): void {
  if (typeof name !== "string" || name === "") {
    refuse(action, "its name", "text that is not empty", name);
  }
}

/** Refuses a prefix that cannot begin a key. @throws {ShizukuError} `invalid_argument`. */
export function checkPrefix(action: string, prefix: string): void {
  if (typeof prefix === "string" && /^[-/_=a-zA-Z0-9]+(\.[-/_=a-zA-Z0-9]+)*$/.test(prefix)) return;
  refuse(action, "prefix", "a key of letters, digits, - / _ = and .", prefix);
}

/** Refuses a number that is too small. @throws {ShizukuError} `invalid_argument`. */
export function checkLeast(action: string, what: string, value: number, least: number): void {
  if (typeof value === "number" && value >= least) return;
  refuse(action, what, `at least ${least}`, value);
}

/** Refuses an argument. @throws {ShizukuError} `invalid_argument`. */
export function refuse(action: string, what: string, wanted: string, value: unknown): never {
  const found = typeof value === "bigint" ? `${value}` : JSON.stringify(value);
  throw invalid(`Cannot ${action} as ${what} must be ${wanted}: current value is ${found}`);
}
