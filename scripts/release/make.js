// Makes everything that a release offers, into an empty folder, out of a folder that has a binary and its notices for each
// target, and NODE-LICENSE: node scripts/release/make.js BINARIES OUT [LEVEL], which is 9, the smallest files, unless given.
// On Linux, with tar, xz, zip and dpkg-deb.
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from '../bundle.js';
import { makeArchive, run } from './archive.js';
import { makePackage } from './deb.js';
import { formula } from './homebrew.js';
import { sbomOf } from './sbom.js';
import { scoopManifest } from './scoop.js';
import { binaryOf, noticesFileOf, project, TARGETS } from './targets.js';

const [binaries, out, level = '9'] = process.argv.slice(2);
const epoch = Number(process.env.SOURCE_DATE_EPOCH ?? run('git', ['log', '-1', '--format=%ct']));
const made = project();
mkdirSync(out, { recursive: true });

for (const target of TARGETS) {
  const [binary, notices, nodeLicense] = [binaryOf(target), noticesFileOf(target), 'NODE-LICENSE'].map((name) =>
    join(binaries, name),
  );
  const program = { binary, notices, nodeLicense };
  // On its way from another machine it may have lost its mode.
  chmodSync(binary, 0o755);
  makeArchive(target, program, { out, epoch, level });
  if (target.debian) makePackage(target, program, made, { out, epoch, level });
}
run('npm', ['pack', '--ignore-scripts', '--pack-destination', out]);
copyFileSync('install.sh', join(out, 'install.sh'));
const everything = JSON.parse(run('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only']));
write('ldctl.cdx.json', json(sbomOf(everything, await packages(), nodeVersion())));

const sums = new Map(
  readdirSync(out)
    .sort()
    .map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(out, name)))
        .digest('hex'),
    ]),
);
write('SHA256SUMS', [...sums].map(([name, sum]) => `${sum}  ${name}\n`).join(''));
write('ldctl.rb', formula(made, sums));
write('ldctl.json', json(scoopManifest(made, sums)));

function write(name, text) {
  writeFileSync(join(out, name), text);
}

function json(value) {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** Those that reach a user: in the bundle, and beside it, where each system takes one of the optional ones. */
async function packages() {
  const { packages: locked } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  const beside = Object.entries(locked).filter(([folder, { dev }]) => folder !== '' && !dev);
  return [
    ...(await bundle({ write: false })),
    ...beside.map(([folder, { version }]) => ({ name: folder.replace(/^.*node_modules\//, ''), version })),
  ];
}

/** The Node in the binaries, as the one for this machine says it: `ldctl/1.2.3 linux-x64 node-v24.9.0`. */
function nodeVersion() {
  const said = run(join(binaries, 'ldctl-linux-x64'), ['--version']);
  const [, version] = /\bnode-v(\S+)/.exec(said) ?? [];
  if (!version) throw new Error(`which Node is in the binary? It says ${said}`);
  return version;
}
