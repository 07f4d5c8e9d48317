/** Something that a component needs and does not make. Made by {@linkcode requirement}. */
export interface Requirement<T> {
  /** Tells what it is. */
  readonly kind: "requirement";
  /** What it is for, for people. */
  readonly description: string | undefined;
  /** Never set: carries the type. */
  readonly type?: T;
}

/** What a component needs, by the name under which applications provide it. */
export type Requirements = Readonly<Record<string, Requirement<unknown>>>;

/** The values that requirements stand for. */
export type Provided<R extends Requirements> = {
  readonly [Name in keyof R]: R[Name] extends Requirement<infer T> ? T : never;
};

/**
 * Declares something that a component needs and that the application provides: a database, a client
 * of some other system.
 *
 * @typeParam T What it is; the only place where its type is written.
 * @param description What it is for, shown where it is missing.
 * @example
 * ```ts
 * import { defineComponent, requirement } from "@shizuku/shizuku/component";
 *
 * interface Mailer {
 *   send(to: string, text: string): Promise<void>;
 * }
 * export const notify = defineComponent({
 *   name: "notify",
 *   version: "1.0.0",
 *   requires: { mailer: requirement<Mailer>("sends mail") },
 *   setup: ({ provided: { mailer } }) => ({
 *     shared: { welcome: (to: string) => mailer.send(to, "Welcome") },
 *   }),
 * });
 * // createApp({ nc, components: [notify], provide: { mailer } })
 * ```
 */
export function requirement<T>(description?: string): Requirement<T> {
  return Object.freeze({ kind: "requirement", description });
}
