import type { Awaitable } from "../core/mod.ts";

/**
 * Something that a component needs and does not make. Made by {@linkcode requirement}.
 *
 * @example
 * ```ts
 * import { requirement, type Requirement } from "@shizuku/shizuku/component";
 *
 * interface Mailer {
 *   send(to: string, text: string): Promise<void>;
 * }
 * const mailer: Requirement<Mailer> = requirement("sends mail");
 * ```
 */
export interface Requirement<T> {
  /** Tells what it is. */
  readonly kind: "requirement";
  /** What it is for, for people. */
  readonly description: string | undefined;
  /** Never set: carries the type. */
  readonly type?: T;
}

/**
 * What a component needs, by the name under which applications provide it.
 *
 * @example
 * ```ts
 * import { defineComponent, requirement, type Requirements } from "@shizuku/shizuku/component";
 *
 * interface Mailer {
 *   send(to: string, text: string): Promise<void>;
 * }
 * const needs = { mailer: requirement<Mailer>("sends mail") } satisfies Requirements;
 * export const notify = defineComponent({
 *   name: "notify",
 *   version: "1.0.0",
 *   requires: needs,
 *   setup: ({ provided }) => ({
 *     shared: { welcome: (to: string) => provided.mailer.send(to, "Welcome") },
 *   }),
 * });
 * ```
 */
export type Requirements = Readonly<Record<string, Requirement<unknown>>>;

/**
 * The values that requirements stand for.
 *
 * @example
 * ```ts
 * import { type Provided, requirement } from "@shizuku/shizuku/component";
 *
 * const needs = { sender: requirement<string>("address that mail comes from") };
 * const sign = (text: string, { sender }: Provided<typeof needs>) => `${text}\n-- ${sender}`;
 * ```
 */
// By a condition that always holds, so that editors show what it is rather than its name.
export type Provided<R extends Requirements> = R extends unknown
  ? { readonly [Name in keyof R]: R[Name] extends Requirement<infer T> ? T : never }
  : never;

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

/**
 * Something that is made when it is first needed. Made by {@linkcode provider}.
 *
 * @example Opened once, by the first component that needs it
 * ```ts ignore
 * import { createApp, provider, type Provider } from "@shizuku/shizuku/component";
 *
 * const db: Provider<Database> = provider(() => openDatabase("postgres://db.example.com/desk"));
 * createApp({ nc, components: [user, ticket], provide: { db } });
 * ```
 */
export interface Provider<T> {
  /** Tells it from what is there already. */
  readonly kind: "provider";
  /** Makes it. */
  open(): Awaitable<T>;
}

/**
 * Provides something that is made when the first component that requires it is set up, once for all
 * of them: a process that runs none of these never makes it. What can be disposed of is, after the
 * components have stopped.
 *
 * @param open Makes it.
 * @example
 * ```ts ignore
 * createApp({ nc, components, only: onlyFromEnv(), provide: { db: provider(openDatabase) } });
 * ```
 */
export function provider<T>(open: () => Awaitable<T>): Provider<T> {
  return Object.freeze({ kind: "provider", open });
}
