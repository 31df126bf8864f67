/*
 * Loads TypeScript for the model, in place of tsx, which gives each function its name anew whenever
 * it is made: a tenth of the time of a story. Of src/job, src/log and app/jobs.ts, each top-level function and
 * constant can be set from outside, by `globalThis.places`, so that a sabotage can put another one
 * in its place.
 */
import { readFile } from 'node:fs/promises';
import { register } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { isMainThread } from 'node:worker_threads';
import { transformSync } from 'rolldown/utils';

const SABOTAGED = /\/src\/((?:job|log)\/[\w/-]+|app\/jobs)\.ts$/;

if (isMainThread) {
  // Compiling inlined code again and again takes longer than all stories.
  setFlagsFromString('--no-turbo-inlining');
  register(import.meta.url);
}

/** @param {string} source */
export function withPlaces(source, name) {
  const text = source.replace(/^(export )?const (\w+)/gm, '$1let $2');
  const names = [
    ...text.matchAll(/^(?:export )?(?:async )?(?:function\*? |(?:abstract )?class |let )(\w+)/gm),
  ].map((match) => match[1]);
  const accessors = names.map(
    (one) => `get ${one}() { return ${one} }, set ${one}(to) { ${one} = to }`,
  );
  return `${text}\n(globalThis.places ??= {})[${JSON.stringify(name)}] = { ${accessors.join(', ')} };\n`;
}

/** What is imported as `.js` here is a `.ts`. */
export function resolve(specifier, context, nextResolve) {
  const isOurs = /^\.\.?\//.test(specifier) && context.parentURL?.endsWith('.ts');
  return nextResolve(isOurs ? specifier.replace(/\.js$/, '.ts') : specifier, context);
}

export async function load(url, context, nextLoad) {
  if (!url.endsWith('.ts')) return nextLoad(url, context);
  const text = await readFile(new URL(url), 'utf8');
  const name = SABOTAGED.exec(url)?.[1];
  const { code, errors } = transformSync(url, name ? withPlaces(text, name) : text, { lang: 'ts' });
  if (errors.length > 0) throw new Error(`${url}: ${errors[0].message}`);
  return { format: 'module', source: code, shortCircuit: true };
}
