/** How one test ended. */
export type Outcome = "passed" | "failed" | "skipped";

/** One test of a JUnit report; what runs inside of it (`t.test`, `it`) belongs to it. */
export interface TestCase {
  name: string;
  outcome: Outcome;
  /** File of the test, if the report tells. */
  file?: string;
}

/** An element of a report, with what the elements below it say. */
interface Element extends TestCase {
  tag: string;
  children: Element[];
}

const TAG = /<(\/?)(testsuites|testsuite|testcase|failure|error|skipped)\b((?:[^>"]|"[^"]*")*)>/g;

/** Reads the report of `deno test --junit-path`. */
export function parseDenoReport(xml: string): TestCase[] {
  const suites = parse(xml).flatMap((root) => root.children);
  const cases = suites.flatMap((suite) => suite.children);
  const names = new Set(cases.map(({ name }) => name));
  // Deno lists `parent`, and then `parent > child` beside it.
  return cases.filter(({ name }) => !parentsOf(name).some((parent) => names.has(parent)))
    .map(toTestCase);
}

function parentsOf(name: string): string[] {
  const words = name.split(" > ");
  return words.slice(1).map((_, index) => words.slice(0, index + 1).join(" > "));
}

/** Reads the report of `bun test --reporter=junit`. */
export function parseBunReport(xml: string): TestCase[] {
  const files = parse(xml).flatMap((root) => root.children);
  return files.flatMap((file) => file.children).map(toTestCase);
}

/** Reads the report of `node --test --test-reporter=junit`. */
export function parseNodeReport(xml: string): TestCase[] {
  return parse(xml).flatMap((root) => root.children).map(toTestCase);
}

function toTestCase({ name, outcome, file }: Element): TestCase {
  return { name, outcome, file };
}

function parse(xml: string): Element[] {
  const document = element("document", "");
  const open = [document];
  for (const [, closing, tag = "", attributes = ""] of xml.matchAll(TAG)) {
    const parent = open.at(-1) ?? document;
    if (closing) {
      open.pop();
    } else if (tag.startsWith("test")) {
      const child = element(tag, attributes);
      parent.children.push(child);
      if (!attributes.endsWith("/")) open.push(child);
    } else {
      if (!attributes.endsWith("/")) open.push(element(tag, attributes));
      mark(tag === "skipped" ? [parent] : open, tag === "skipped" ? "skipped" : "failed");
    }
  }
  return document.children;
}

function mark(elements: Element[], outcome: Outcome): void {
  for (const element of elements) element.outcome = outcome;
}

function element(tag: string, attributes: string): Element {
  return {
    tag,
    name: attribute(attributes, "name") ?? "",
    file: attribute(attributes, "file") ?? attribute(attributes, "classname"),
    outcome: "passed",
    children: [],
  };
}

function attribute(attributes: string, name: string): string | undefined {
  const [, value] = attributes.match(new RegExp(`(?:^|\\s)${name}="([^"]*)"`)) ?? [];
  return value === undefined ? undefined : unescape(value);
}

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function unescape(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (entity, hex, decimal, name) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return ENTITIES[name] ?? entity;
  });
}
