import type { errors } from "@nats-io/nats-core";

type CoreErrors = typeof errors;
type Named = { readonly name: string; readonly message: string; readonly cause?: unknown };

/**
 * Translates an error of a foreign copy of nats-core into the same error of ours.
 *
 * The official JetStream client retries only what `instanceof` recognises, and across two copies
 * of a package that recognises nothing. What is not an error of nats-core passes through.
 *
 * @param thrown What the connection rejected with.
 * @param local The error classes of our copy.
 */
export function toLocalError(thrown: unknown, local: CoreErrors): unknown {
  if (!isNamed(thrown)) return thrown;
  // The one class whose errors do not bear its name.
  const name = thrown.name === "NoResponders" ? "NoRespondersError" : thrown.name;
  if (!Object.hasOwn(local, name) || thrown instanceof local[name as keyof CoreErrors]) {
    return thrown;
  }
  const cause = toLocalError(thrown.cause, local);
  switch (name as keyof CoreErrors) {
    case "NoRespondersError":
      return new local.NoRespondersError((thrown as Named & { subject: string }).subject, {
        cause: thrown,
      });
    case "RequestError":
      return new local.RequestError(thrown.message, { cause });
    case "TimeoutError":
      return new local.TimeoutError({ cause: thrown });
    case "ClosedConnectionError":
      return new local.ClosedConnectionError();
    case "DrainingConnectionError":
      return new local.DrainingConnectionError();
    case "PermissionViolationError": {
      const violation = thrown as Named & {
        operation: "publish" | "subscription";
        subject: string;
        queue?: string;
      };
      const { message, operation, subject, queue } = violation;
      return new local.PermissionViolationError(message, operation, subject, queue, {
        cause: thrown,
      });
    }
    default:
      return thrown;
  }
}

function isNamed(value: unknown): value is Named {
  return typeof value === "object" && value !== null &&
    typeof (value as { name?: unknown }).name === "string";
}
