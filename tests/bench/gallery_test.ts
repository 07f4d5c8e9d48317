import assert from "node:assert/strict";
import { test } from "node:test";
import { BENCHES, chooseBenches } from "../../bench/frame/benches.ts";
import { withCharts } from "../../bench/frame/gallery.ts";

const TEXT = "# Top\n\n<!-- results: written by `deno task bench` -->\n\nold\n\n" +
  "<!-- end of results -->\n\nEnd\n";
const FILES = ["rpc.md", "rpc.svg", "rpc_1024.svg", "rpc.json", "size.md", "size.svg"];

test("withCharts() shows what there is, between its marks", () => {
  const options = { folder: "../bench/results", isWhole: true };
  const text = withCharts(TEXT, chooseBenches(["rpc", "kv", "size"]), FILES, options);
  assert.match(text, /^# Top\n\n<!-- results: .* -->\n\n### Requests and replies\n\n!\[/);
  assert.match(text, /\n\nAll figures: \[rpc\]\(\.\.\/bench\/results\/rpc\.md\)\n\n### Size/);
  assert.match(text, /size\.md\)\n\n<!-- end of results -->\n\nEnd\n$/);
  assert.doesNotMatch(text, /old|kv/);
  assert.equal(withCharts(text, chooseBenches(["rpc", "kv", "size"]), FILES, options), text);
});

test("withCharts() shows the first chart of some benches in the README", () => {
  const text = withCharts(TEXT, BENCHES, FILES, { folder: "bench/results", isWhole: false });
  assert.deepEqual(text.match(/\(bench.*\)/g), ["(bench/results/rpc.svg)"]);
});

test("withCharts() does not touch a document without marks", () => {
  assert.throws(
    () => withCharts("# Top\n", BENCHES, FILES, { folder: "", isWhole: true }),
    /Cannot find "<!-- results/,
  );
});
