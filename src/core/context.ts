import { getLogger, type Logger } from "./logger.ts";
import { MessageHeaders } from "./headers.ts";

/** Names a typed value in a context. Made by {@linkcode contextKey}. */
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
  return Object.freeze({ description });
}

/** A signal, or a function that makes it when it is first asked for. */
export type SignalSource = AbortSignal | (() => AbortSignal);

/** What a context is made of. Everything may be left out. */
export interface ContextInit {
  /** Aborts at the deadline, on cancel, on loss of a lease and on shutdown. */
  signal?: SignalSource;
  /** End of the call, in milliseconds on the clock of `performance.now()`. */
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
  /** A context that differs in what is named here. Values are added to those that are there. */
  with(changes: ContextInit): Context;
}

/**
 * Makes a context, for tests and for calls that start here.
 *
 * @example A call that may take half a second
 * ```ts
 * import { createContext } from "@shizuku/shizuku/core";
 *
 * const ctx = createContext({ deadline: performance.now() + 500 });
 * console.log(ctx.remainingMs <= 500, ctx.signal.aborted); // true false
 * ```
 */
export function createContext(init: ContextInit = {}): Context {
  return new CallContext(init, undefined);
}

const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze({});

class CallContext implements Context {
  readonly #init: ContextInit;
  readonly #parent: CallContext | undefined;
  #signal: AbortSignal | undefined;
  #headers: MessageHeaders | undefined;
  #values: Map<ContextKey<unknown>, unknown> | undefined;

  constructor(init: ContextInit, parent: CallContext | undefined) {
    this.#init = init;
    this.#parent = parent;
  }

  get signal(): AbortSignal {
    return this.#signal ??= this.#makeSignal();
  }

  get deadline(): number | undefined {
    return this.#init.deadline ?? this.#parent?.deadline;
  }

  get remainingMs(): number {
    const deadline = this.deadline;
    return deadline === undefined ? Infinity : Math.max(0, deadline - performance.now());
  }

  get headers(): MessageHeaders {
    return this.#headers ??= this.#makeHeaders();
  }

  get subject(): string {
    return this.#init.subject ?? this.#parent?.subject ?? "";
  }

  get params(): Readonly<Record<string, string>> {
    return this.#init.params ?? this.#parent?.params ?? NO_PARAMS;
  }

  get attempt(): number {
    return this.#init.attempt ?? this.#parent?.attempt ?? 1;
  }

  get logger(): Logger {
    return this.#init.logger ?? this.#parent?.logger ?? getLogger();
  }

  get<T>(key: ContextKey<T>): T | undefined {
    if (this.#init.values !== undefined) {
      this.#values ??= new Map(this.#init.values);
      if (this.#values.has(key)) return this.#values.get(key) as T;
    }
    return this.#parent?.get(key);
  }

  with(changes: ContextInit): Context {
    return new CallContext(changes, this);
  }

  #makeSignal(): AbortSignal {
    const { signal: source, deadline } = this.#init;
    const signals: AbortSignal[] = [];
    if (source !== undefined) signals.push(typeof source === "function" ? source() : source);
    if (this.#parent !== undefined) signals.push(this.#parent.signal);
    // A signal given beside a deadline is taken to know of it: whoever made it also clears its timer.
    if (deadline !== undefined && source === undefined) {
      signals.push(AbortSignal.timeout(Math.max(0, Math.ceil(deadline - performance.now()))));
    }
    if (signals.length === 0) return new AbortController().signal;
    return signals.length === 1 ? signals[0]! : AbortSignal.any(signals);
  }

  #makeHeaders(): MessageHeaders {
    const { headers } = this.#init;
    if (headers === undefined) return this.#parent?.headers ?? MessageHeaders.EMPTY;
    return typeof headers === "function" ? headers() : headers;
  }
}
