import type { Code } from "./code.ts";
import { ShizukuError } from "./shizuku_error.ts";

/** The error of a call that is refused before its processor sees it. */
export function refusal(message: string, code: Code = "invalid_argument"): ShizukuError {
  return new ShizukuError(code, message, { stage: "pre" });
}
