/*
 * Loads src/job and src/log so that a sabotage can put another function, or another limit, in the
 * place of one. Registered before tsx, so that tsx gets the changed source: each top-level function
 * and constant can then be set from outside, by `globalThis.places`.
 */
import { readFile } from 'node:fs/promises';
import { register } from 'node:module';
import { isMainThread } from 'node:worker_threads';

const SABOTAGED = /\/src\/((?:job|log)\/[\w-]+)\.ts$/;

if (isMainThread) register(import.meta.url);

/** @param {string} source */
export function withPlaces(source, name) {
  const text = source.replace(/^(export )?const (\w+)/gm, '$1let $2');
  const names = [
    ...text.matchAll(/^(?:export )?(?:async )?(?:function\*? |class |let )(\w+)/gm),
  ].map((match) => match[1]);
  const accessors = names.map(
    (one) => `get ${one}() { return ${one} }, set ${one}(to) { ${one} = to }`,
  );
  return `${text}\n(globalThis.places ??= {})[${JSON.stringify(name)}] = { ${accessors.join(', ')} };\n`;
}

export async function load(url, context, nextLoad) {
  const path = url.split('?')[0];
  const name = SABOTAGED.exec(path)?.[1];
  if (!name) return nextLoad(url, context);
  const source = withPlaces(await readFile(new URL(path), 'utf8'), name);
  return { format: 'module', source, shortCircuit: true };
}
