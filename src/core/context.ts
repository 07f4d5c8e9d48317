import { CallSignal } from "./call_signal.ts";
import { MessageHeaders } from "./headers.ts";
import { getLogger, type Logger } from "./logger.ts";

/**
 * Names a typed value in a context. Made by {@linkcode contextKey}.
 *
 * @example
 * ```ts
 * import { type ContextKey, contextKey, createContext } from "@shizuku/shizuku/core";
 *
 * const tenant: ContextKey<string> = contextKey("tenant");
 * console.log(createContext({ values: [[tenant, "acme"]] }).get(tenant)); // acme
 * ```
 */
export interface ContextKey<T> {
  /** For people. */
  readonly description: string;
  /** Never set: carries the type. */
  readonly valueType?: T;
}

/**
 * Makes a key for values of one's own in a {@linkcode Context}.
 *
 * @example
 * ```ts
 * import { contextKey, createContext } from "@shizuku/shizuku/core";
 *
 * const tenant = contextKey<string>("tenant");
 * const ctx = createContext().with({ values: [[tenant, "acme"]] });
 * console.log(ctx.get(tenant)); // acme
 * ```
 */
export function contextKey<T>(description: string): ContextKey<T> {
  return { description };
}

/**
 * A signal, a function that makes it when it is first asked for, or a {@linkcode CallSignal}, which
 * is taken to follow all that it should follow.
 *
 * @example A signal, or how to make it when it is needed
 * ```ts
 * import { createContext } from "@shizuku/shizuku/core";
 *
 * using early = createContext({ signal: AbortSignal.abort() });
 * using late = createContext({ signal: () => AbortSignal.timeout(60_000) });
 * console.log(early.signal.aborted); // true
 * ```
 */
export type SignalSource = AbortSignal | (() => AbortSignal) | CallSignal;

/**
 * What a context is made of. Everything may be left out.
 *
 * @example
 * ```ts
 * import { createContext, MessageHeaders } from "@shizuku/shizuku/core";
 *
 * using ctx = createContext({
 *   subject: "ticket.7.closed",
 *   params: { id: "7" },
 *   headers: MessageHeaders.from({ Tenant: "acme" }),
 *   deadline: performance.now() + 500,
 * });
 * console.log(ctx.params.id, ctx.headers.get("tenant")); // 7 acme
 * ```
 */
export interface ContextInit {
  /** Aborts at the deadline, on cancel, on loss of a lease and on shutdown. */
  signal?: SignalSource;
  /**
   * End of the call, in milliseconds on the clock of `performance.now()`. A signal given beside it
   * is taken to know of it: whoever made it also clears its timer.
   */
  deadline?: number;
  /** Headers of the request or message. */
  headers?: MessageHeaders | (() => MessageHeaders);
  /** Subject on which it came. */
  subject?: string;
  /** Parameters of that subject. */
  params?: Readonly<Record<string, string>>;
  /**
   * Which try this is, from 1.
   * @default {1}
   */
  attempt?: number;
  /** Where the call logs to. */
  logger?: Logger;
  /** Values of one's own. */
  values?: Iterable<readonly [ContextKey<unknown>, unknown]>;
}

/**
 * What travels with one call.
 *
 * Immutable; {@linkcode Context.with} derives. Nothing is made before it is asked for, the signal
 * included.
 *
 * @example A processor that looks at its call
 * ```ts
 * import { type Context, createContext } from "@shizuku/shizuku/core";
 *
 * const close = (reason: string, { params, attempt, signal }: Context) => {
 *   signal.throwIfAborted();
 *   return `${params.id}: ${reason}, try ${attempt}`;
 * };
 * console.log(close("done", createContext({ params: { id: "7" } }))); // 7: done, try 1
 * ```
 */
export interface Context {
  /** Aborts at the deadline, on cancel, on loss of a lease and on shutdown. */
  readonly signal: AbortSignal;
  /** End of the call, in milliseconds on the clock of `performance.now()`, if it has one. */
  readonly deadline: number | undefined;
  /** Milliseconds until the deadline, 0 when it has passed, `Infinity` without one. */
  readonly remainingMs: number;
  /** Headers of the request or message. */
  readonly headers: MessageHeaders;
  /** Subject on which it came, or the empty string. */
  readonly subject: string;
  /** Parameters of that subject. */
  readonly params: Readonly<Record<string, string>>;
  /** Which try this is, from 1. */
  readonly attempt: number;
  /** Where the call logs to. */
  readonly logger: Logger;
  /** The value of a key, if it was set. */
  get<T>(key: ContextKey<T>): T | undefined;
  /**
   * A context that differs in what is named here. Values are added to those that are there, a signal
   * joins the one that is there, and a later deadline than the one that is there changes nothing.
   */
  with(changes: ContextInit): OwnedContext;
}

/**
 * A context in the hands of the one who made it: disposing of it ends the call, and clears the timer
 * that its signal set for its deadline. Without that, the timer lasts until the deadline, and keeps
 * no process alive.
 *
 * @example A part of the call that may take 100 ms
 * ```ts
 * import { createContext } from "@shizuku/shizuku/core";
 *
 * using ctx = createContext();
 * using shorter = ctx.with({ deadline: performance.now() + 100 });
 * console.log(shorter.remainingMs <= 100, ctx.remainingMs); // true Infinity
 * ```
 */
export interface OwnedContext extends Context, Disposable {}

/**
 * Makes a context, for tests and for calls that start here.
 *
 * @example A call that may take half a second
 * ```ts
 * import { createContext } from "@shizuku/shizuku/core";
 *
 * using ctx = createContext({ deadline: performance.now() + 500 });
 * console.log(ctx.remainingMs <= 500, ctx.signal.aborted); // true false
 * ```
 */
export function createContext(init: ContextInit = NOTHING): OwnedContext {
  return new CallContext(init, undefined);
}

const NOTHING: Readonly<Record<string, never>> = {};

class CallContext implements OwnedContext {
  readonly #init: ContextInit;
  readonly #parent: CallContext | undefined;
  #signal: AbortSignal | undefined;
  #headers: MessageHeaders | undefined;
  #values: readonly (readonly [ContextKey<unknown>, unknown])[] | undefined;
  #timed: CallSignal | undefined;

  constructor(init: ContextInit, parent: CallContext | undefined) {
    this.#init = init;
    this.#parent = parent;
  }

  get signal(): AbortSignal {
    return this.#signal ??= this.#makeSignal();
  }

  get deadline(): number | undefined {
    const end = Math.min(this.#init.deadline ?? Infinity, this.#parent?.deadline ?? Infinity);
    return end === Infinity ? undefined : end;
  }

  get remainingMs(): number {
    return Math.max(0, (this.deadline ?? Infinity) - performance.now());
  }

  get headers(): MessageHeaders {
    const { headers } = this.#init;
    return this.#headers ??= typeof headers === "function"
      ? headers()
      : headers ?? this.#parent?.headers ?? MessageHeaders.EMPTY;
  }

  get subject(): string {
    return this.#init.subject ?? this.#parent?.subject ?? "";
  }

  get params(): Readonly<Record<string, string>> {
    return this.#init.params ?? this.#parent?.params ?? NOTHING;
  }

  get attempt(): number {
    return this.#init.attempt ?? this.#parent?.attempt ?? 1;
  }

  get logger(): Logger {
    return this.#init.logger ?? this.#parent?.logger ?? getLogger();
  }

  get<T>(key: ContextKey<T>): T | undefined {
    const { values } = this.#init;
    const found = values && (this.#values ??= [...values]).findLast(([other]) => other === key);
    return found === undefined ? this.#parent?.get(key) : found[1] as T;
  }

  with(changes: ContextInit): OwnedContext {
    return new CallContext(changes, this);
  }

  [Symbol.dispose](): void {
    this.#timed?.[Symbol.dispose]();
  }

  #makeSignal(): AbortSignal {
    const { signal: source, deadline } = this.#init;
    const parent = this.#parent;
    if (source === undefined) {
      if (deadline === undefined) return parent?.signal ?? new AbortController().signal;
      return (this.#timed = new CallSignal(deadline, parent)).signal;
    }
    if (typeof source === "object" && !("aborted" in source)) return source.signal;
    const own = typeof source === "function" ? source() : source;
    return parent === undefined ? own : AbortSignal.any([own, parent.signal]);
  }
}
