/**
 * Puts the namespace of an application before a subject: `staging` and `flights.reported.ORD` give
 * `staging.flights.reported.ORD`. Without a namespace the subject stays as it is.
 */
export function inNamespace(namespace: string | undefined, subject: string): string {
  return namespace ? `${namespace}.${subject}` : subject;
}

/**
 * Name of a stream, a bucket or a durable consumer: the parts joined by `_`, the namespace first.
 * Dots, which NATS does not allow in such names, become `-`.
 */
export function resourceName(namespace: string | undefined, ...parts: readonly string[]): string {
  return (namespace ? [namespace, ...parts] : parts).join("_").replaceAll(".", "-");
}
