import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A file of a package, the innermost where one lies in another: `node_modules/a/node_modules/b/index.js`. */
const IN_PACKAGE = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;
const LICENCE_FILE = /^(licen[cs]e|copying|notice)(\.|-|$)/i;

/**
 * The packages that a bundle has code of.
 * @param outputs as `bundle` returns them
 * @returns in the order of name and version, each once
 */
export function packagesIn(outputs) {
  const inputs = Object.values(outputs).flatMap(({ inputs }) => Object.entries(inputs));
  const folders = inputs.flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? (IN_PACKAGE.exec(file) ?? []) : []));
  const found = [...new Set(folders)].map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return { name, version, license, folder };
  });
  return found.sort((a, b) => compare(`${a.name} ${a.version}`, `${b.name} ${b.version}`) || compare(a.folder, b.folder));
}

/** What THIRD-PARTY-NOTICES holds: each package once, with the licences that it brings along. */
export function noticesOf(packages) {
  const once = packages.filter((one, index) => one.name !== packages[index - 1]?.name || one.version !== packages[index - 1]?.version);
  const chapters = once.map(({ name, version, license, folder }) => {
    if (typeof license !== 'string') throw new Error(`${name} ${version} names no licence`);
    const texts = readdirSync(folder).filter((file) => LICENCE_FILE.test(file)).sort(compare).map((file) => textOf(join(folder, file)));
    const text = texts.length > 0 ? texts.join('\n\n') : 'The package brings no text of it along.';
    return `${'-'.repeat(80)}\n${name} ${version}\nLicence: ${license}\n\n${text}\n`;
  });
  return `The files in dist/ hold code of these packages.\n\n${chapters.join('\n')}`;
}

function textOf(file) {
  return readFileSync(file, 'utf8').replaceAll('\r\n', '\n').replaceAll(/[ \t]+$/gm, '').trim();
}

function compare(a, b) {
  return a < b ? -1 : Number(a > b);
}
