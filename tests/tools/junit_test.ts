import assert from "node:assert/strict";
import { test } from "node:test";
import { parseBunReport, parseDenoReport, parseNodeReport } from "../../tools/_junit.ts";

// Each report is one that the runner wrote, shortened: a test with children counts once.

test("parseDenoReport() counts tests, and steps with their test", () => {
  const xml = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="13" failures="3" errors="1" time="0.017">
  <testsuite name="./tests/a_test.ts" tests="11" disabled="2" errors="1" failures="3">
    <testcase name="passes" classname="./tests/a_test.ts" time="0.002" line="3" col="1">
    </testcase>
    <testcase name="fails &amp; &lt;odd&gt;" classname="./tests/a_test.ts" time="0.002">
      <failure message="1 !== 2">AssertionError: 1 !== 2</failure>
    </testcase>
    <testcase name="exits" classname="./tests/a_test.ts"><error message="Cancelled"/></testcase>
    <testcase name="skipped" classname="./tests/a_test.ts" time="0.000"><skipped/></testcase>
    <testcase name="parent" classname="./tests/a_test.ts" time="0.004">
      <failure message="1 test step failed">1 test step failed.</failure>
    </testcase>
    <testcase name="suite" classname="./tests/a_test.ts" time="0.002"></testcase>
    <testcase name="parent &gt; bad" classname="./tests/a_test.ts">
      <failure message="boom">Error: boom</failure>
    </testcase>
  </testsuite>
  <testsuite name="ext:deno_node/testing.ts" tests="2" disabled="1" errors="0" failures="0">
    <testcase name="suite &gt; inside" classname="ext:deno_node/testing.ts"></testcase>
  </testsuite>
</testsuites>`;
  const file = "./tests/a_test.ts";
  assert.deepEqual(parseDenoReport(xml), [
    { name: "passes", outcome: "passed", file },
    { name: "fails & <odd>", outcome: "failed", file },
    { name: "exits", outcome: "failed", file },
    { name: "skipped", outcome: "skipped", file },
    { name: "parent", outcome: "failed", file },
    { name: "suite", outcome: "passed", file },
  ]);
});

test("parseBunReport() counts tests by file", () => {
  const xml = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="bun test" tests="8" failures="2" skipped="4" time="0.07">
  <testsuite name="tests/a_test.ts" file="tests/a_test.ts" tests="8" failures="2" time="0.03">
    <testcase name="passes" classname="" time="0.001" file="tests/a_test.ts" line="3" />
    <testcase name="fails" classname="" time="0.001" file="tests/a_test.ts" line="4">
      <failure type="Error" message="1 !== 2&#10;">AssertionError: 1 !== 2&#10;</failure>
    </testcase>
    <testcase name="todo" classname="" file="tests/a_test.ts"><skipped message="TODO" /></testcase>
    <testsuite name="suite" file="tests/a_test.ts" line="12" tests="1">
      <testcase name="inside" classname="suite" file="tests/a_test.ts" line="12">
        <failure type="Error" message="boom">Error: boom</failure>
      </testcase>
    </testsuite>
  </testsuite>
</testsuites>`;
  const file = "tests/a_test.ts";
  assert.deepEqual(parseBunReport(xml), [
    { name: "passes", outcome: "passed", file },
    { name: "fails", outcome: "failed", file },
    { name: "todo", outcome: "skipped", file },
    { name: "suite", outcome: "failed", file },
  ]);
});

test("parseNodeReport() counts tests, and subtests with their test", () => {
  const xml = `<?xml version="1.0" encoding="utf-8"?>
<testsuites>
  <testcase name="passes" time="0.001" classname="test"/>
  <testcase name="fails &lt;odd>" time="0.001" classname="test" failure="1 !== 2">
    <failure type="testCodeFailure" message="1 !== 2">
[Error [ERR_TEST_FAILURE]: 1 !== 2] { failureType: 'testCodeFailure' }
    </failure>
  </testcase>
  <testcase name="skipped" classname="test"><skipped type="skipped" message="true"/></testcase>
  <testsuite name="parent" time="0.002" disabled="0" errors="0" tests="1" failures="1">
    <testcase name="good" time="0.0002" classname="test"/>
    <testcase name="bad" time="0.0001" classname="test" failure="boom">
      <failure type="testCodeFailure" message="boom">Error: boom</failure>
    </testcase>
  </testsuite>
  <!-- tests 5 -->
</testsuites>`;
  const outcomes = parseNodeReport(xml).map(({ name, outcome }) => [name, outcome]);
  assert.deepEqual(outcomes, [
    ["passes", "passed"],
    ["fails <odd>", "failed"],
    ["skipped", "skipped"],
    ["parent", "failed"],
  ]);
});
