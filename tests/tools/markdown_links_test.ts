import assert from "node:assert/strict";
import { test } from "node:test";
import { deadMarkdownLinks, slugOf } from "../../tools/_markdown_links.ts";
import { listFiles, readSource } from "../_support/source_files.ts";

test("links of the project's documents lead to files and headings that are there", async () => {
  const files = await listFiles("");
  const documents = new Map<string, string>();
  for (const file of files.filter((file) => file.endsWith(".md"))) {
    documents.set(file, await readSource(file));
  }
  assert.ok(documents.has("README.md"));
  assert.deepEqual(deadMarkdownLinks(documents, files), []);
});

test("deadMarkdownLinks() finds files and headings that are not there", () => {
  const documents = new Map([
    ["README.md", "# Start\n[a](docs/a.md#two-words) [b](docs/b.md) [c](#start) [d](#stop)\n"],
    ["docs/a.md", "# Two words\n[up](../README.md#start) [folder](../src/) [out](../../x)\n"],
    [
      "docs/c.md",
      '[c]: a.md#two-word\n[site](https://example.com/#x) <a id="here"></a> [e](#here)',
    ],
  ]);
  const dead = deadMarkdownLinks(documents, [...documents.keys(), "src/mod.ts"]);
  assert.deepEqual(dead, [
    { page: "README.md", link: "docs/b.md" },
    { page: "README.md", link: "#stop" },
    { page: "docs/a.md", link: "../../x" },
    { page: "docs/c.md", link: "a.md#two-word" },
  ]);
});

test("deadMarkdownLinks() takes code for what it is", () => {
  const text = "```md\n# No heading\n[a](no.md)\n```\n`[b](no.md)` [c](#no-heading)\n";
  const dead = deadMarkdownLinks(new Map([["a.md", text]]), ["a.md"]);
  assert.deepEqual(dead, [{ page: "a.md", link: "#no-heading" }]);
});

test("deadMarkdownLinks() numbers headings of the same text", () => {
  const text = "# Limits\n## Limits\n[one](#limits) [two](#limits-1) [three](#limits-2)\n";
  const dead = deadMarkdownLinks(new Map([["a.md", text]]), ["a.md"]);
  assert.deepEqual(dead, [{ page: "a.md", link: "#limits-2" }]);
});

test("slugOf() does as GitHub does", () => {
  const slugs = {
    "A first bucket": "a-first-bucket",
    "`createApp()`, in short": "createapp-in-short",
    "What a component's user can still do": "what-a-components-user-can-still-do",
    "Headers & trailers": "headers--trailers",
    "snake_case and kebab-case": "snake_case-and-kebab-case",
    "[A link](https://example.com) in a heading": "a-link-in-a-heading",
    "Größe": "größe",
  };
  for (const [heading, slug] of Object.entries(slugs)) assert.equal(slugOf(heading), slug);
});
