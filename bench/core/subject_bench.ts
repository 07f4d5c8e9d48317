/**
 * What subjects and routers cost. `--check` fails if a budget is missed.
 *
 * @module
 */
import { createContext, subject, SubjectRouter } from "../../src/core/mod.ts";
import { keep, measure } from "./_measure.ts";

const paid = subject("order.{region}.paid.{id}");
const params = [{ region: "eu", id: "12345" }, { region: "us-east", id: "987654321" }] as const;
const subjects = params.map((each) => paid.format(each));

// Results are added up, so that no compiler finds them to be of no use.
let sum = 0;

const four = await measure("subjects of four tokens", {
  "split, and compare": (times) => {
    for (let n = 0; n < times; n++) {
      const tokens = subjects[n & 1]!.split(".");
      if (tokens.length === 4 && tokens[0] === "order" && tokens[2] === "paid") sum++;
    }
  },
  format: (times) => {
    for (let n = 0; n < times; n++) sum += paid.format(params[n & 1]!).length;
  },
  match: (times) => {
    for (let n = 0; n < times; n++) sum += paid.match(subjects[n & 1]!)!.id.length;
  },
});

const router = new SubjectRouter<number, number>();
const received: string[] = [];
for (let index = 0; index < 1_000; index++) {
  const [context, entity] = [`context${index % 10}`, `entity${Math.floor(index / 10)}`];
  const kind = index % 3;
  if (kind === 0) {
    router.add<string>(`${context}.${entity}.created`, (n) => n);
    received.push(`${context}.${entity}.created`);
  } else if (kind === 1) {
    router.add<string>(`${context}.${entity}.{id}.closed`, (n) => n);
    received.push(`${context}.${entity}.id${index}.closed`);
  } else {
    router.add<string>(`${context}.${entity}.log.{rest...}`, (n) => n);
    received.push(`${context}.${entity}.log.a.b`);
  }
}
const contexts = received.map((subject) => createContext({ subject }));

const routes = await measure("a router with 1,000 routes", {
  "Map.get": (() => {
    const map = new Map(received.map((subject, index) => [subject, index]));
    return (times: number) => {
      for (let n = 0; n < times; n++) sum += map.get(received[n % 1_000]!)!;
    };
  })(),
  find: (times) => {
    for (let n = 0; n < times; n++) sum += router.find(received[n % 1_000]!)!.template.length;
  },
  "process, with its context": (times) => {
    for (let n = 0; n < times; n++) sum += router.process(n, contexts[n % 1_000]!) as number;
  },
});

const millions = (ns: number) => 1e3 / ns;
keep([
  { name: "format, M/s", value: millions(four.format.best), min: 5, on: "bun" },
  { name: "match, M/s", value: millions(four.match.best), min: 5, on: "bun" },
  { name: "find, M/s", value: millions(routes.find.best), min: 2, on: "bun" },
  {
    name: "process, M/s",
    value: millions(routes["process, with its context"].best),
    min: 2,
    on: "bun",
  },
]);
if (sum === 0) throw new Error("Nothing was measured");
