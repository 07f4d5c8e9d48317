import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type AnyLayer,
  type Context,
  createContext,
  type FallbackLayer,
  type InputLayer,
  json,
  type Layer,
  limit,
  observe,
  type OutputLayer,
  policy,
  type Process,
  type Processor,
  retry,
  stack,
  subject,
  type SubjectParams,
  SubjectRouter,
  timeout,
  trace,
  validate,
} from "../../src/core/mod.ts";
import * as z from "zod";

/** Whether two types are the same one, `any` and optionality included. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true
  : false;

/** Fails to compile unless the types are the same one; at run time it counts. */
let assertions = 0;
function same<A, B>(..._: Same<A, B> extends true ? [] : ["these types differ"]): void {
  assertions++;
}

interface Merge {
  readonly into: string;
}
const merge = (request: Merge, _ctx: Context): Promise<number> =>
  Promise.resolve(request.into.length);
const lengthOf = (text: string): Promise<number> => Promise.resolve(text.length);

/** As lock layers are written: the type of the input alone. */
function locked<I>(
  key: string | ((input: I) => string),
): <O>(next: Process<I, O>) => Process<I, O> {
  return (next) => (input, ctx) => {
    if (typeof key === "function") key(input);
    return next(input, ctx);
  };
}

/** A layer of both types, which it keeps. */
function keyed<I, O>(key: (input: I) => string): Layer<I, O> {
  return (next) => (input, ctx) => {
    key(input);
    return next(input, ctx);
  };
}

function parsed<I, OuterI>(parse: (input: OuterI) => I): InputLayer<I, OuterI> {
  return (next) => (input, ctx) => next(parse(input), ctx);
}

function shown<O, OuterO>(show: (output: O) => OuterO): OutputLayer<O, OuterO> {
  return (next) => async (input, ctx) => show(await next(input, ctx));
}

const dateToBigint: Layer<string, number, Date, bigint> = (next) => async (input, ctx) =>
  BigInt(await next(input.toISOString(), ctx));

test("stack() keeps the types of the processor", () => {
  same<ReturnType<typeof plain>, Process<Merge, number>>();
  const plain = () => stack(merge);
  const shipped = stack(merge, retry(), timeout(1), limit({ maxConcurrent: 1 }), trace("merge"));
  same<typeof shipped, Process<Merge, number>>();
  const method = stack({ process: (text: string) => text.length }, retry());
  same<typeof method, Process<string, number>>();
  class Greet {
    process(name: string): string {
      return name;
    }
  }
  const object = stack(new Greet(), locked((name) => name.trim()));
  same<typeof object, Process<string, string>>();
  const nothing = stack(async (_: Merge) => {}, retry());
  same<typeof nothing, Process<Merge, void>>();
  const maybe: Processor<{ a: string } | { b: string }, string | undefined> = () => undefined;
  const union = stack(maybe, retry(), locked((input) => "a" in input ? input.a : input.b));
  same<typeof union, Process<{ a: string } | { b: string }, string | undefined>>();
  const flag = stack((flag: boolean) => flag, retry());
  same<typeof flag, Process<boolean, boolean>>();
});

test("stack() gives functions within layers the types of the processor", () => {
  const half = stack(merge, locked((request) => request.into), retry());
  same<typeof half, Process<Merge, number>>();
  const whole = stack(merge, retry(), keyed((request) => request.into));
  same<typeof whole, Process<Merge, number>>();
  const observed = stack(
    merge,
    observe({ start: (request) => request.into, end: (count) => count.toFixed() }),
  );
  same<typeof observed, Process<Merge, number>>();
  const inline = stack(merge, (next) => (request, ctx) => next({ into: request.into }, ctx));
  same<typeof inline, Process<Merge, number>>();
  const inside = stack(lengthOf, dateToBigint, locked((text) => text.trim()));
  same<typeof inside, Process<Date, bigint>>();
  // @ts-expect-error The request has no such field.
  stack(merge, locked((request) => request.from));
});

test("stack() is typed by where its result is needed", () => {
  const implementation: { create: Processor<Merge, number> } = {
    create: stack((request) => request.into.length, retry(), locked((request) => request.into)),
  };
  same<typeof implementation["create"], Processor<Merge, number>>();
});

test("stack() follows layers that change types, at any position", () => {
  const text = parsed((input: Date) => input.toISOString());
  const inner = stack(lengthOf, retry(), text);
  same<typeof inner, Process<Date, number>>();
  const outer = stack(lengthOf, text, retry());
  same<typeof outer, Process<Date, number>>();
  const output = stack(lengthOf, retry(), shown((count: number) => `${count}`), retry());
  same<typeof output, Process<string, string>>();
  const both = stack(lengthOf, retry(), dateToBigint);
  same<typeof both, Process<Date, bigint>>();
  const wide = stack(lengthOf, parsed((input: unknown) => String(input)), retry());
  same<typeof wide, Process<unknown, number>>();
  const narrow = stack(
    (n: number): string | undefined => n > 1 ? "a" : undefined,
    shown((text: string | undefined) => text ?? ""),
  );
  same<typeof narrow, Process<number, string>>();
  const written = stack(lengthOf, (next) => async (n: number, ctx) => `${await next(`${n}`, ctx)}`);
  same<typeof written, Process<number, string>>();
  const partly = stack((text: string, ctx) => text.length * ctx.attempt, dateToBigint, retry());
  same<typeof partly, Process<Date, bigint>>();
  const annotated = stack(lengthOf, locked((date: Date) => date.toISOString()), text);
  same<typeof annotated, Process<Date, number>>();
});

test("stack() follows eight layers", () => {
  const eight = stack(
    lengthOf,
    retry(),
    parsed((input: Date) => input.getTime() > 0),
    parsed((input: boolean) => BigInt(input)),
    timeout(1),
    parsed((input: bigint) => `${input}`),
    shown((output: bigint) => [output]),
    shown((output: number) => BigInt(output)),
    trace("eight"),
  );
  same<typeof eight, Process<Date, bigint[]>>();
});

test("stack() knows no input of a processor that takes none, whatever the number of layers", () => {
  const r = retry();
  const one = stack(() => 42, r);
  same<typeof one, Process<unknown, number>>();
  const eight = stack(() => 42, r, r, r, r, r, r, r, r);
  same<typeof eight, Process<unknown, number>>();
});

test("stack() takes any number of layers that keep the types", () => {
  const list: readonly Layer<string, number>[] = [retry(), timeout(1)];
  const listed = stack(lengthOf, ...list);
  same<typeof listed, Process<string, number>>();
  const r = retry();
  const nine = stack(lengthOf, r, r, r, r, r, r, r, r, r);
  same<typeof nine, Process<string, number>>();
  const unknowns: readonly Layer<unknown, unknown>[] = [retry(), observe({ start: () => {} })];
  const anything: Process<unknown, unknown> = () => undefined;
  const stacked = stack(anything, ...unknowns);
  same<typeof stacked, Process<unknown, unknown>>();
});

test("stack() works on processors whose types are parameters", () => {
  function generic<T>(processor: Processor<T, number>): Process<T, number> {
    return stack(processor, retry(), locked((input) => String(input)), timeout(1));
  }
  same<ReturnType<typeof generic<Date>>, Process<Date, number>>();
});

test("stack() refuses layers that do not fit", () => {
  const refused = () => {
    // @ts-expect-error The processor takes a text.
    stack(lengthOf, parsed((input: Date) => input.getTime()), retry());
    // @ts-expect-error The inner layer has made a date of the text.
    stack(lengthOf, retry(), dateToBigint, dateToBigint);
    // @ts-expect-error A layer of exactly the processor's types, outside of one that changes them.
    stack(lengthOf, keyed<string, number>((text) => text), dateToBigint);
    // @ts-expect-error The processor answers with a number.
    stack(lengthOf, shown((output: string) => output));
    // @ts-expect-error This is no layer.
    stack(lengthOf, 1);
    // @ts-expect-error This is no processor.
    stack("x", retry());
    // @ts-expect-error The result takes a date.
    stack(lengthOf, retry(), dateToBigint)("x", createContext());
    const list: readonly Layer<Date, number>[] = [];
    // @ts-expect-error The layers of the list take a date.
    stack(lengthOf, ...list);
  };
  assert.equal(typeof refused, "function");
});

test("observe() without types fits every processor", () => {
  const log = observe({ start: () => {}, error: () => {} });
  same<typeof log, AnyLayer>();
  const stacked = stack(lengthOf, log, dateToBigint, log);
  same<typeof stacked, Process<Date, bigint>>();
  const typed = observe({
    start: (input: string) => input.trim(),
    end: (n: number) => n.toFixed(),
  });
  same<typeof typed, Layer<string, number>>();
});

test("policy() adds the type of a fallback", () => {
  const plain = { execute: <T>(run: (c: { signal: AbortSignal }) => T) => run as never };
  const keeping = stack(lengthOf, policy(plain), retry());
  same<typeof keeping, Process<string, number>>();
  const fallback = policy({ ...plain, _altReturn: "none" as const });
  same<typeof fallback, FallbackLayer<"none">>();
  const falling = stack(lengthOf, retry(), fallback, retry());
  same<typeof falling, Process<string, number | "none">>();
  const sameType = stack(lengthOf, policy({ ...plain, _altReturn: 0 as number }));
  same<typeof sameType, Process<string, number>>();
});

test("validate() makes the input what the validator accepts", () => {
  const Order = z.object({ id: z.string(), amount: z.coerce.number<string>() });
  const pay = stack((order: { id: string; amount: number }) => order.amount, validate(Order));
  same<typeof pay, Process<{ id: string; amount: string }, number>>();
  const around = stack((order: z.output<typeof Order>) => order.id, retry(), validate(Order));
  same<typeof around, Process<{ id: string; amount: string }, string>>();
  // @ts-expect-error The validator makes no date.
  stack((date: Date) => date, validate(Order));
});

test("subject() infers the parameters", () => {
  const paid = subject("order.{region}.paid.{id}");
  same<Parameters<typeof paid.format>[0], { readonly region: string; readonly id: string }>();
  same<SubjectParams<"a.{rest...}">, { readonly rest: string }>();
  same<SubjectParams<"a.b">, { readonly [Name in never]: string }>();
  same<SubjectParams<string>, Readonly<Record<string, string>>>();
  // @ts-expect-error The id is missing.
  assert.throws(() => paid.format({ region: "eu" }));
});

test("SubjectRouter gives processors the parameters of their route", () => {
  new SubjectRouter<string, number>()
    .add("a.{x}", (input, ctx) => {
      same<typeof input, string>();
      same<typeof ctx.params.x, string>();
      return 1;
    })
    // @ts-expect-error The route has no such parameter.
    .add("b.{x}", (_, ctx) => ctx.params.y.length)
    // @ts-expect-error The route must answer with a number.
    .add("c", () => "text")
    .add("d.{rest...}", stack(lengthOf, retry()))
    .add("e", { process: (input) => input.length })
    .nest("f.{outer}", (router) => {
      router.add("{inner}", (_, { params }) => params.outer.length + params.inner.length);
    });
});

test("json() takes the type of its validator", () => {
  const codec = json(z.object({ id: z.string() }));
  same<ReturnType<typeof codec.decode>, { id: string }>();
});

test("Same tells types apart", () => {
  // @ts-expect-error These are two types.
  same<string, number>();
  // @ts-expect-error So are these.
  same<unknown, never>();
  assert.ok(assertions > 2);
});
