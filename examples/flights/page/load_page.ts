import { readFile } from "node:fs/promises";

/**
 * Reads the page, with the outline of its map in place.
 *
 * The page needs nothing but `GET events` beside it: server-sent events whose data is the JSON of
 * one `delays.v1.AirportDelays` each. All current airports come first, then one event named
 * `ready`, then every airport whose figures change.
 *
 * @return HTML, complete with styles and script.
 */
export async function loadPage(): Promise<string> {
  const [page, outline] = await Promise.all(
    ["./page.html", "./us_outline.txt"].map((name) =>
      readFile(new URL(name, import.meta.url), "utf8")
    ),
  );
  return page!.replace("{{outline}}", () => outline!);
}
