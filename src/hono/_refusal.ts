import { type Code, ShizukuError } from "../core/mod.ts";
import type { MethodInfo } from "../services/mod.ts";

/** Why a request is no call at all. */
export interface Refusal {
  /** The answer. */
  readonly error: ShizukuError;
  /** HTTP status, in place of the code's. */
  readonly status: number;
  /** Headers that the status asks for. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Refuses a path below a service that none of its methods has. */
export function refuseMethod(path: string): Refusal {
  return refusal(404, "unimplemented", `Cannot call ${path} as there is no such method`);
}

/** Refuses a verb that a method does not answer. */
export function refuseVerb(verb: string, { name, noSideEffects }: MethodInfo): Refusal {
  const allowed = noSideEffects ? "GET, POST" : "POST";
  // Connect clients take 405 and 415 for `unknown`; the code says the same.
  return refusal(
    405,
    "unknown",
    `Cannot call ${name} as the verb must be one of ${allowed}: current value is ${verb}`,
    { Allow: allowed },
  );
}

/** Refuses a content type that a method does not read. */
export function refuseContentType(
  contentType: string | undefined,
  { name, input }: MethodInfo,
): Refusal {
  const accepted = [...input.keys()];
  const found = contentType === undefined ? "nothing" : JSON.stringify(contentType);
  return refusal(
    415,
    "unknown",
    `Cannot call ${name} as the content type must be ${accepted.join(" or ")}: ` +
      `current value is ${found}`,
    { "Accept-Post": accepted.join(", ") },
  );
}

/** Refuses a verb that no route of this path has. */
export function refuseRestVerb(verb: string, verbs: readonly string[]): Refusal {
  const allowed = [...new Set(verbs)].join(", ");
  return refusal(
    405,
    "unknown",
    `Cannot call this path as the verb must be one of ${allowed}: ` +
      `current value is ${JSON.stringify(verb)}`,
    { Allow: allowed },
  );
}

/** Refuses what is not JSON, where nothing else is read. */
export function refuseJson(contentType: string | undefined, { name }: MethodInfo): Refusal {
  const found = contentType === undefined ? "nothing" : JSON.stringify(contentType);
  return refusal(
    415,
    "unknown",
    `Cannot call ${name} as the content type must be application/json: current value is ${found}`,
    { "Accept-Post": "application/json" },
  );
}

/** Refuses a request that a page of any origin could send. */
export function refuseSimple(contentType: string, { name }: MethodInfo): Refusal {
  return refusal(
    415,
    "unknown",
    `Cannot call ${name} as requests of ${contentType} must have Connect-Protocol-Version: 1`,
  );
}

function refusal(
  status: number,
  code: Code,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Refusal {
  return { error: new ShizukuError(code, message, { stage: "pre" }), status, headers };
}
