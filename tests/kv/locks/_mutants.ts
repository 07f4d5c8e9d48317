import * as esbuild from "esbuild";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT } from "../../_support/root.ts";

/** A way to break the design on purpose, or to change it for an experiment. */
export interface Mutant {
  readonly name: string;
  /** What is changed in a source below `src/kv`. */
  readonly changes: readonly {
    readonly file: string;
    /** Text that is there exactly once. */
    readonly find: string;
    readonly replace: string;
  }[];
}

/** The design as it is. */
export const UNCHANGED: Mutant = { name: "unchanged", changes: [] };

/** Designs that are broken on purpose: a checker that does not see it proves nothing. */
export const MUTANTS = {
  /** After an unknown outcome, a ticket that is not in the document counts as taken back. */
  noForcedLeave: {
    name: "no forced leave-write",
    changes: [{
      file: "_lock_record.ts",
      find: "(base.text || FREE_TEXT) && !this.#isDoubtful(base)",
      replace: "(base.text || FREE_TEXT)",
    }],
  },
  /** A renewal writes the last document that it knows of, whatever is there. */
  blindRenewal: {
    name: "renewal that blindly re-puts",
    changes: [
      {
        file: "_lock_store.ts",
        find: "headers.append(PubHeaders.ExpectedLastSubjectSequenceHdr, `${revision}`);",
        replace:
          "if (revision >= 0) headers.append(PubHeaders.ExpectedLastSubjectSequenceHdr, `${revision}`);",
      },
      {
        file: "_lock_record.ts",
        find: `      await this.submit([], 0);
    } catch (error) {
      this.#logger.warn("Cannot renew`,
        replace: `      const base = this.#seen;
      if (base === undefined) return await this.submit([], 0);
      const document = step(base.document, this.#plan(base.document, []), Date.now());
      await this.#write({ revision: -1 } as StoredLock, document, textOf(document));
    } catch (error) {
      this.#logger.warn("Cannot renew`,
      },
    ],
  },
  /** An observer believes whichever clock says that more time has passed. */
  hastyObserver: {
    name: "max for the observer",
    changes: [{
      file: "_instant.ts",
      find: "return Math.min(",
      replace: "return Math.max(",
    }],
  },
} satisfies Record<string, Mutant>;

/** Reads are answered by any replica, which may be behind. */
export const DIRECT_READS: Mutant = {
  name: "direct reads",
  changes: [{
    file: "_sole_server.ts",
    find:
      "return this.#isSole && this.#since !== this.#jetStream.nc.info ? undefined : this.#isSole;",
    replace: "return true;",
  }],
};

/** Contenders, ready to be started as processes. */
export interface ContenderBundle extends AsyncDisposable {
  /** Path of the script; all runtimes can run it. */
  readonly path: string;
}

let building = 0;

/**
 * Bundles the contender with a changed design. It lies within the project, so that its imports
 * resolve as they do for the tests.
 *
 * @throws {Error} If the text to change is not there exactly once.
 */
export async function bundleContender(mutant: Mutant): Promise<ContenderBundle> {
  const build = fileURLToPath(new URL(".build/", ROOT));
  await mkdir(build, { recursive: true });
  const folder = await mkdtemp(join(build, "locks-"));
  const path = join(folder, "contender.mjs");
  const remove = () => rm(folder, { recursive: true, force: true });
  const changed = new Set<string>();
  building++;
  try {
    await esbuild.build({
      entryPoints: [fileURLToPath(new URL("tests/kv/locks/contender_process.ts", ROOT))],
      outfile: path,
      bundle: true,
      packages: "external",
      platform: "node",
      format: "esm",
      target: "node20",
      logLevel: "error",
      plugins: [mutate(mutant, changed)],
    });
    const missing = mutant.changes.filter(({ file }) => !changed.has(file));
    if (missing.length > 0) throw new Error(`Cannot change ${missing[0]!.file}: it is not used`);
  } catch (error) {
    await remove();
    throw error;
  } finally {
    // Its process serves all builds that run at a time.
    if (--building === 0) await esbuild.stop();
  }
  return { path, [Symbol.asyncDispose]: remove };
}

function mutate({ name, changes }: Mutant, changed: Set<string>): esbuild.Plugin {
  return {
    name: "mutate",
    setup(build) {
      build.onLoad({ filter: /[\\/]src[\\/]kv[\\/]\w+\.ts$/ }, async ({ path }) => {
        const file = path.split(/[\\/]/).at(-1)!;
        let contents = await readFile(path, "utf8");
        for (const { find, replace } of changes.filter((change) => change.file === file)) {
          const count = contents.split(find).length - 1;
          if (count !== 1) {
            throw new Error(
              `Cannot make mutant "${name}" as ${file} must hold ${find} once: it does ${count} times`,
            );
          }
          contents = contents.replace(find, () => replace);
          changed.add(file);
        }
        return { contents, loader: "ts" };
      });
    },
  };
}
