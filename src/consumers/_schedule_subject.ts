import { inNamespace } from "../core/mod.ts";

/**
 * The subject under which messages for a subject wait, without the token that tells them apart.
 * The namespace stays in front, so that permissions of an application cover it.
 */
export function scheduleSubject(namespace: string | undefined, subject: string): string {
  const start = namespace ? `${namespace}.` : "";
  const isInside = start !== "" && subject.startsWith(start);
  return isInside
    ? inNamespace(namespace, `schedule.${subject.slice(start.length)}`)
    : `schedule.${subject}`;
}

/** What a stream stores so that messages for its subject can wait in it. */
export function scheduleFilter(namespace: string | undefined, filter: string): string {
  const base = scheduleSubject(namespace, filter);
  return base.endsWith(">") ? base : `${base}.*`;
}
