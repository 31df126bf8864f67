import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** What is quick enough to run after each change. */
const QUICK = /^test\/(?:parts|repo\/(?:docs|scripts))\/.*\.test\.ts$/;
/** They take seconds together. What changed rarely shows in a test further away. */
const NEAREST = 12;

/**
 * The quick tests that a change may break: those nearest to it by imports, 12 at most.
 * @param changed paths from the root, with slashes
 * @param sources what each module holds, by its path; by default src and test
 */
export function touchedTests(changed: readonly string[], sources = readSources()): string[] {
  const importers = importersIn(sources);
  const found = new Set(changed);
  // A set gives what is added meanwhile, too: the importers of importers.
  for (const file of found) {
    for (const importer of importers.get(file) ?? []) found.add(importer);
  }
  return [...found].filter((file) => QUICK.test(file)).slice(0, NEAREST);
}

function readSources(): Map<string, string> {
  const names = ['src', 'test'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  );
  return new Map(
    names
      .filter((name) => name.endsWith('.ts'))
      .map((name) => [name.replaceAll('\\', '/'), readFileSync(name, 'utf8')]),
  );
}

/** Who imports each module. */
function importersIn(sources: ReadonlyMap<string, string>): Map<string, string[]> {
  const importers = new Map<string, string[]>();
  for (const [file, text] of sources) {
    for (const [, path = ''] of text.matchAll(/(?:from|import\() ?'(\.[^']+)\.js'/g)) {
      const imported = `${posix.join(posix.dirname(file), path)}.ts`;
      importers.set(imported, [...(importers.get(imported) ?? []), file]);
    }
  }
  return importers;
}
