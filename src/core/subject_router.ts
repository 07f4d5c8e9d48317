import { shown } from "./_check.ts";
import { refusal } from "./_refusal.ts";
import type { Context } from "./context.ts";
import { type Awaitable, type Process, type ProcessorObject, toProcess } from "./processor.ts";
import { type Subject, subject, type SubjectParams } from "./subject.ts";

/**
 * The context of a call that a {@linkcode SubjectRouter} has dispatched: its parameters are known.
 *
 * @example
 * ```ts
 * import { type RouteContext, SubjectRouter } from "@shizuku/shizuku/core";
 *
 * const close = (reason: string, { params }: RouteContext<{ id: string }>) =>
 *   `${params.id}: ${reason}`;
 * const router = new SubjectRouter<string, string>().add("ticket.{id}.closed", close);
 * ```
 */
export interface RouteContext<Params extends Readonly<Record<string, string>>> extends Context {
  /** Parameters of the route's template. */
  readonly params: Params;
}

/**
 * A processor that knows the parameters of its route. Every other processor fits as well.
 *
 * @example
 * ```ts
 * import { type RouteProcessor, SubjectRouter } from "@shizuku/shizuku/core";
 *
 * const close: RouteProcessor<string, string, { id: string }> = {
 *   process: (reason, ctx) => `${ctx.params.id}: ${reason}`,
 * };
 * const router = new SubjectRouter<string, string>().add("ticket.{id}.closed", close);
 * ```
 */
export type RouteProcessor<I, O, Params extends Readonly<Record<string, string>>> =
  | ((input: I, ctx: RouteContext<Params>) => Awaitable<O>)
  | {
    /** Turns an input into an output. */
    process(input: I, ctx: RouteContext<Params>): Awaitable<O>;
  };

/**
 * What a {@linkcode SubjectRouter} has found for a subject.
 *
 * @example
 * ```ts
 * import { SubjectRouter } from "@shizuku/shizuku/core";
 *
 * const router = new SubjectRouter<string, string>().add("ticket.{id}.closed", (reason) => reason);
 * const match = router.find("ticket.7.closed");
 * console.log(match?.template, match?.params.id); // ticket.{id}.closed 7
 * ```
 */
export interface RouteMatch<I, O> {
  /** Template of the route. */
  readonly template: string;
  /** Parameters in the subject. */
  readonly params: Readonly<Record<string, string>>;
  /** What is done there. */
  readonly process: Process<I, O>;
}

interface Route<I, O> {
  readonly subject: Subject;
  readonly process: Process<I, O>;
}

/** One token of a tree, and what may follow it. */
interface Node<I, O> {
  readonly token: string;
  /** Static tokens by a hash: to cut them out of a subject for a map by text takes twice as long. */
  readonly statics: Map<number, Node<I, O>>;
  any?: Node<I, O>;
  rest?: Node<I, O>;
  route?: Route<I, O>;
}

/** All routes; a router and those that are nested in it have one in common. */
interface Tree<I, O> {
  readonly root: Node<I, O>;
  readonly filters: string[];
}

/**
 * Dispatches by subject.
 *
 * At each token a static one comes before a parameter, and a parameter before `{rest...}`, in
 * whatever order the routes were added. A router is a processor itself: it goes by `ctx.subject`.
 *
 * @typeParam I Input of every route.
 * @typeParam O Output of every route.
 * @typeParam Params Parameters of the templates that it is nested in.
 * @example
 * ```ts
 * import { createContext, SubjectRouter } from "@shizuku/shizuku/core";
 *
 * const router = new SubjectRouter<string, string>()
 *   .add("ticket.{id}.closed", (reason, ctx) => `${ctx.params.id} closed: ${reason}`)
 *   .nest("order.{region}", (orders) => {
 *     orders.add("paid.{id}", (_, { params }) => `${params.id} paid in ${params.region}`);
 *   });
 *
 * const ctx = createContext({ subject: "order.eu.paid.7" });
 * console.log(await router.process("", ctx)); // 7 paid in eu
 * ```
 */
export class SubjectRouter<
  I,
  O,
  Params extends Readonly<Record<string, string>> = Readonly<Record<never, string>>,
> implements ProcessorObject<I, O> {
  #tree: Tree<I, O> = { root: createNode(""), filters: [] };
  #prefix = "";

  /** What to subscribe to: the filter of each route, in the order in which they were added. */
  get filters(): readonly string[] {
    return this.#tree.filters;
  }

  /**
   * Adds a route.
   *
   * @param template Such as `ticket.{id}.closed`.
   * @throws {TypeError} If the template is not valid, or is the same as another one but for the
   * names of its parameters; both are named.
   */
  add<const Template extends string>(
    template: Template,
    processor: RouteProcessor<I, O, Params & SubjectParams<Template>>,
  ): this {
    // The route's own parameters are put into the context before its processor sees it.
    const process = toProcess(processor as ProcessorObject<I, O>);
    const route: Route<I, O> = { subject: subject<string>(this.#prefix + template), process };
    insert(this.#tree.root, route);
    this.#tree.filters.push(route.subject.filter);
    return this;
  }

  /**
   * Adds routes below a prefix, whose parameters their processors know as well.
   *
   * @param prefix Such as `order.{region}`.
   * @param define Adds the routes.
   */
  nest<const Prefix extends string>(
    prefix: Prefix,
    define: (router: SubjectRouter<I, O, Params & SubjectParams<Prefix>>) => void,
  ): this {
    const nested = new SubjectRouter<I, O, Params & SubjectParams<Prefix>>();
    nested.#tree = this.#tree;
    nested.#prefix = `${this.#prefix}${prefix}.`;
    define(nested);
    return this;
  }

  /** Finds the route of a subject. */
  find(subject: string): RouteMatch<I, O> | undefined {
    const route = search(this.#tree.root, subject, 0);
    const params = route?.subject.match(subject);
    return params && { template: route!.subject.template, params, process: route!.process };
  }

  /**
   * Dispatches an input by `ctx.subject`; `ctx.params` of the processor are those of its route.
   *
   * @throws {ShizukuError} `unimplemented`, stage `pre`, if there is no route.
   */
  process(input: I, ctx: Context): Awaitable<O> {
    const found = this.find(ctx.subject);
    if (found !== undefined) return found.process(input, ctx.with({ params: found.params }));
    throw refusal(`Cannot route ${shown(ctx.subject)}: there is no route`, "unimplemented");
  }
}

function createNode<I, O>(token: string): Node<I, O> {
  return { token, statics: new Map() };
}

function insert<I, O>(root: Node<I, O>, route: Route<I, O>): void {
  const { template, filter } = route.subject;
  let node = root;
  for (const token of filter.split(".")) {
    let child: Node<I, O> | number = token === "*"
      ? node.any ??= createNode(token)
      : token === ">"
      ? node.rest ??= createNode(token)
      : staticAt(node, token, 0, token.length);
    if (typeof child === "number") node.statics.set(child, child = createNode(token));
    node = child;
  }
  if (node.route !== undefined) {
    throw new TypeError(
      `Cannot add route ${template} as it collides with ` +
        node.route.subject.template,
    );
  }
  node.route = route;
}

/** Searches below a node for what is left of a subject: static before `*` before `>`. */
function search<I, O>(
  node: Node<I, O>,
  subject: string,
  start: number,
): Route<I, O> | undefined {
  const dot = subject.indexOf(".", start);
  const end = dot === -1 ? subject.length : dot;
  const same = staticAt(node, subject, start, end);
  return below(typeof same === "number" ? undefined : same, subject, end) ??
    below(node.any, subject, end) ?? node.rest?.route;
}

function below<I, O>(
  node: Node<I, O> | undefined,
  subject: string,
  end: number,
): Route<I, O> | undefined {
  return node && (end === subject.length ? node.route : search(node, subject, end + 1));
}

/** The static token that stands in a part of a text, or else the key where it would have its place. */
function staticAt<I, O>(
  { statics }: Node<I, O>,
  text: string,
  start: number,
  end: number,
): Node<I, O> | number {
  let key = 0;
  for (let index = start; index < end; index++) {
    key = (Math.imul(key, 31) + text.charCodeAt(index)) | 0;
  }
  for (;; key++) {
    const node = statics.get(key);
    if (node === undefined) return key;
    if (node.token.length === end - start && text.startsWith(node.token, start)) return node;
  }
}
