import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { compareSchemas } from "../../src/component/mod.ts";
import { ROOT } from "../_support/root.ts";

/** A message, and what may stand beside it, in two versions, and the rules that this breaks. */
interface Case {
  name: string;
  before: string;
  after: string;
  rules: string[];
  syntax?: string;
}

const one = (body: string, beside = "") => `message M { ${body} } ${beside}`;
const RANGE = "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED";
const NAME = "FIELD_NO_DELETE_UNLESS_NAME_RESERVED";
const TYPE = "FIELD_WIRE_JSON_COMPATIBLE_TYPE";
const CARDINALITY = "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY";

const cases: Case[] = [
  {
    name: "a field is added",
    before: one("string a = 1;"),
    after: one("string a = 1; string b = 2;"),
    rules: [],
  },
  {
    name: "a field is removed",
    before: one("string a = 1; string b = 2;"),
    after: one("string a = 1;"),
    rules: [RANGE, NAME],
  },
  {
    name: "a field is removed and its number reserved",
    before: one("string a = 1; string b = 2;"),
    after: one("string a = 1; reserved 2;"),
    rules: [NAME],
  },
  {
    name: "a field is removed and reserved",
    before: one("string a = 1; string b = 2;"),
    after: one('string a = 1; reserved 2 to 5; reserved "b";'),
    rules: [],
  },
  {
    name: "a field is renumbered",
    before: one("string a = 1; string b = 2;"),
    after: one("string a = 1; string b = 3;"),
    rules: [RANGE, NAME],
  },
  {
    name: "a field is renamed",
    before: one("string a = 1;"),
    after: one("string b = 1;"),
    rules: ["FIELD_SAME_NAME", "FIELD_SAME_JSON_NAME"],
  },
  {
    name: "the JSON name changes",
    before: one("string a = 1;"),
    after: one('string a = 1 [json_name = "x"];'),
    rules: ["FIELD_SAME_JSON_NAME"],
  },
  {
    name: "another type",
    before: one("string a = 1;"),
    after: one("int32 a = 1;"),
    rules: [TYPE],
  },
  { name: "int32 to uint32", before: one("int32 a = 1;"), after: one("uint32 a = 1;"), rules: [] },
  { name: "uint64 to int64", before: one("uint64 a = 1;"), after: one("int64 a = 1;"), rules: [] },
  {
    name: "fixed32 to sfixed32",
    before: one("fixed32 a = 1;"),
    after: one("sfixed32 a = 1;"),
    rules: [],
  },
  {
    name: "int32 to int64",
    before: one("int32 a = 1;"),
    after: one("int64 a = 1;"),
    rules: [TYPE],
  },
  {
    name: "int32 to sint32",
    before: one("int32 a = 1;"),
    after: one("sint32 a = 1;"),
    rules: [TYPE],
  },
  { name: "int32 to bool", before: one("int32 a = 1;"), after: one("bool a = 1;"), rules: [TYPE] },
  {
    name: "string to bytes",
    before: one("string a = 1;"),
    after: one("bytes a = 1;"),
    rules: [TYPE],
  },
  {
    name: "bytes to string",
    before: one("bytes a = 1;"),
    after: one("string a = 1;"),
    rules: [TYPE],
  },
  {
    name: "another message",
    before: one("A a = 1;", "message A {} message B {}"),
    after: one("B a = 1;", "message A {} message B {}"),
    rules: [TYPE],
  },
  {
    name: "a message to a scalar",
    before: one("A a = 1;", "message A {}"),
    after: one("bytes a = 1;", "message A {}"),
    rules: [TYPE],
  },
  {
    name: "single to repeated",
    before: one("string a = 1;"),
    after: one("repeated string a = 1;"),
    rules: [CARDINALITY],
  },
  {
    name: "repeated to single",
    before: one("repeated A a = 1;", "message A {}"),
    after: one("A a = 1;", "message A {}"),
    rules: [CARDINALITY],
  },
  {
    name: "implicit to explicit presence",
    before: one("string a = 1;"),
    after: one("optional string a = 1;"),
    rules: [],
  },
  {
    name: "a map to a list",
    before: one("map<string, string> a = 1;"),
    after: one("repeated A a = 1;", "message A { string key = 1; string value = 2; }"),
    rules: [CARDINALITY, TYPE],
  },
  {
    name: "single to repeated of another type",
    before: one("string a = 1;"),
    after: one("repeated int32 a = 1;"),
    rules: [CARDINALITY, TYPE],
  },
  {
    name: "a value in a map that looks alike",
    before: one("map<int32, int32> a = 1;"),
    after: one("map<uint32, uint32> a = 1;"),
    rules: [],
  },
  {
    name: "another value in a map",
    before: one("map<string, string> a = 1;"),
    after: one("map<string, int32> a = 1;"),
    rules: [TYPE],
  },
  {
    name: "into a oneof",
    before: one("string a = 1; string b = 2;"),
    after: one("oneof o { string a = 1; string b = 2; }"),
    rules: ["FIELD_SAME_ONEOF", "FIELD_SAME_ONEOF"],
  },
  {
    name: "a reserved number is taken back",
    before: one("string a = 1; reserved 2, 5 to 7;"),
    after: one("string a = 1; reserved 5 to 7;"),
    rules: ["RESERVED_MESSAGE_NO_DELETE"],
  },
  {
    name: "a reserved name is taken back",
    before: one('string a = 1; reserved "x";'),
    after: one("string a = 1;"),
    rules: ["RESERVED_MESSAGE_NO_DELETE"],
  },
  {
    name: "a value of an enum is added",
    before: one("E e = 1;", "enum E { E_A = 0; }"),
    after: one("E e = 1;", "enum E { E_A = 0; E_B = 1; }"),
    rules: [],
  },
  {
    name: "a value of an enum is removed",
    before: one("E e = 1;", "enum E { E_A = 0; E_B = 1; }"),
    after: one("E e = 1;", "enum E { E_A = 0; }"),
    rules: [
      "ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED",
      "ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED",
    ],
  },
  {
    name: "a value of an enum is removed and reserved",
    before: one("E e = 1;", "enum E { E_A = 0; E_B = 1; }"),
    after: one("E e = 1;", 'enum E { E_A = 0; reserved 1; reserved "E_B"; }'),
    rules: [],
  },
  {
    name: "a value of an enum is renamed",
    before: one("E e = 1;", "enum E { E_A = 0; E_B = 1; }"),
    after: one("E e = 1;", "enum E { E_A = 0; E_C = 1; }"),
    rules: ["ENUM_VALUE_SAME_NAME"],
  },
  {
    name: "a reserved number of an enum is taken back",
    before: one("E e = 1;", "enum E { E_A = 0; reserved 3 to 4; }"),
    after: one("E e = 1;", "enum E { E_A = 0; }"),
    rules: ["RESERVED_ENUM_NO_DELETE"],
  },
  {
    name: "an enum to an integer",
    before: one("E e = 1;", "enum E { E_A = 0; }"),
    after: one("int32 e = 1;", "enum E { E_A = 0; }"),
    rules: [TYPE],
  },
  {
    name: "another enum",
    before: one("E e = 1;", "enum E { E_A = 0; } enum F { F_A = 0; }"),
    after: one("F e = 1;", "enum E { E_A = 0; } enum F { F_A = 0; }"),
    rules: [TYPE],
  },
  {
    name: "an enum of the same name with all values",
    before: one("E e = 1;", "enum E { E_A = 0; E_B = 1; }"),
    after: one(
      "E e = 1; enum E { E_A = 0; E_B = 1; E_C = 2; }",
      "message Other { enum E { E_A = 0; E_B = 1; } }",
    ),
    rules: [],
  },
  {
    name: "an enum of the same name without one of the values",
    before: one("E e = 1;", "enum E { E_A = 0; E_B = 1; }"),
    after: one("E e = 1; enum E { E_A = 0; }"),
    rules: [TYPE],
  },
  {
    name: "a field of a message within",
    before: one("N n = 1; message N { string a = 1; }"),
    after: one("N n = 1; message N { int32 a = 1; }"),
    rules: [TYPE],
  },
  {
    name: "another default",
    syntax: "proto2",
    before: one('optional string a = 1 [default = "x"];'),
    after: one('optional string a = 1 [default = "y"];'),
    rules: ["FIELD_SAME_DEFAULT"],
  },
  {
    name: "a required field is added",
    syntax: "proto2",
    before: one("optional string a = 1;"),
    after: one("optional string a = 1; required string b = 2;"),
    rules: ["MESSAGE_SAME_REQUIRED_FIELDS"],
  },
  {
    name: "a required field is not required any more",
    syntax: "proto2",
    before: one("required string a = 1;"),
    after: one("optional string a = 1;"),
    rules: [CARDINALITY, "MESSAGE_SAME_REQUIRED_FIELDS"],
  },
];

const BUF = fileURLToPath(new URL("node_modules/.bin/buf", ROOT));
const run = promisify(execFile);

/** Each case is a file and a package of its own, so that one run of `buf` judges all of them. */
async function writeVersion(folder: string, version: "before" | "after"): Promise<string> {
  const files = cases.map(({ syntax = "proto3", [version]: source }, index) => [
    `c${index}/v1/c.proto`,
    `syntax = "${syntax}";\npackage c${index}.v1;\n${source}\n`,
  ]);
  files.push(["buf.yaml", "version: v2\nbreaking:\n  use:\n    - WIRE_JSON\n"]);
  for (const [path, text] of files as [string, string][]) {
    const file = join(folder, version, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  const cwd = join(folder, version);
  await run(BUF, ["build", "-o", `../${version}.binpb`], { cwd });
  return cwd;
}

/** What `buf breaking` says of each case. */
async function judge(cwd: string): Promise<Map<string, string[]>> {
  const args = ["breaking", "--against", "../before.binpb", "--error-format", "json"];
  // It ends with status 100 where it finds something.
  const { stdout } = await run(BUF, args, { cwd }).catch((error) => error as { stdout: string });
  const found = new Map<string, string[]>();
  for (const line of stdout.trim().split("\n")) {
    const { path, type } = JSON.parse(line) as { path: string; type: string };
    const key = path.split("/")[0]!;
    found.set(key, [...found.get(key) ?? [], type]);
  }
  return found;
}

test("compareSchemas() finds what buf breaking finds by the rules WIRE_JSON", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "shizuku-schemas-"));
  try {
    await writeVersion(folder, "before");
    const judged = await judge(await writeVersion(folder, "after"));
    const [before, after] = await Promise.all(
      ["before.binpb", "after.binpb"].map((name) => readFile(join(folder, name))),
    );
    for (const [index, { name, rules }] of cases.entries()) {
      await t.test(name, () => {
        const types = [`c${index}.v1.M`];
        const problems = compareSchemas(before!, after!, { types });
        assert.deepEqual(problems.map(({ rule }) => rule).sort(), [...rules].sort());
        assert.deepEqual((judged.get(`c${index}`) ?? []).sort(), [...rules].sort(), "buf");
      });
    }
    const all = compareSchemas(before!, after!).length;
    assert.equal(all, cases.reduce((sum, { rules }) => sum + rules.length, 0));
    assert.deepEqual(compareSchemas(before!, before!), []);
    assert.deepEqual(compareSchemas(before!, after!, { types: ["c1.v1.M"] }).slice(0, 1), [{
      rule: "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED",
      type: "c1.v1.M",
      message: "field b is removed, and its number 2 is not reserved",
    }]);
    assert.throws(() => compareSchemas(before!, new Uint8Array([1, 2, 3])));
  } finally {
    await rm(folder, { recursive: true });
  }
});
