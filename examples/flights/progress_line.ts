import process from "node:process";
import type { FeedProgress } from "./feed.ts";

/** Shows how a feed is going. */
export interface ProgressLine {
  /** Shows it, though not more often than a reader can follow. */
  show(progress: FeedProgress): void;
  /** Clears the line. */
  end(): void;
}

/** One line that rewrites itself on a terminal; a line every two seconds elsewhere. */
export function createProgressLine(): ProgressLine {
  const { isTTY } = process.stdout;
  const everyMs = isTTY ? 50 : 2_000;
  let shownAt = isTTY ? 0 : performance.now();
  return {
    show({ reported, total, created, retries }) {
      const now = performance.now();
      if (now - shownAt < everyMs && !(isTTY && reported === total)) return;
      shownAt = now;
      const text = `${reported} of ${total} flights, ${created} new, ${retries} retries`;
      process.stdout.write(isTTY ? `\r\x1b[K${text}` : `${text}\n`);
    },
    end() {
      if (isTTY) process.stdout.write("\r\x1b[K");
    },
  };
}
