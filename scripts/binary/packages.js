import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** npm itself tries for a quarter of an hour. */
const LONGEST_MS = 180_000;

/** Why a package is not to be had. */
export class Unavailable extends Error {}

/**
 * Fetches a package by npm, unless an earlier call has. It is no dependency, since nobody should have to install it who
 * makes no executable: Node alone takes 50 MB, for each platform.
 * @param {string} cache a folder that is kept
 * @param {{ name: string, version: string, integrity: string }} wanted `integrity` as lockfiles have it
 * @returns {string} the folder of the package
 * @throws {Unavailable} when it cannot be had; and Error when what came is not what `integrity` says
 */
export function fetchPackage(cache, { name, version, integrity }) {
  const folder = join(cache, `${name.replace('/', '+')}-${version}`);
  if (existsSync(folder)) return join(folder, 'package');
  const work = `${folder}.${process.pid}`;
  mkdirSync(work, { recursive: true });
  try {
    npmPack(`${name}@${version}`, work);
    const tarball = readdirSync(work).find((file) => file.endsWith('.tgz'));
    verify(readFileSync(join(work, tarball)), integrity, tarball);
    run('tar', ['-xzf', tarball], work);
    rmSync(join(work, tarball));
    renameSync(work, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return join(folder, 'package');
}

/** @throws Error when these are not the bytes */
export function verify(bytes, integrity, name) {
  const [algorithm] = integrity.split('-');
  const found = `${algorithm}-${createHash(algorithm).update(bytes).digest('base64')}`;
  if (found !== integrity) throw new Error(`${name} is not what it should be: ${found}, not ${integrity}`);
}

function npmPack(what, folder) {
  // On Windows npm is a batch file, which takes a shell.
  const options = { cwd: folder, encoding: 'utf8', timeout: LONGEST_MS, shell: process.platform === 'win32' };
  const { status, stderr, error } = spawnSync(
    'npm',
    ['pack', what, '--ignore-scripts', '--loglevel', 'error'],
    options,
  );
  if (status !== 0)
    throw new Unavailable(`npm pack ${what}: ${error?.message ?? stderr.trim().replaceAll(/\s+/g, ' ')}`);
}

/** Runs a program. @returns what it printed @throws Error when it fails */
export function run(command, args, cwd = '.', env = process.env) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? `${stdout}${stderr}`}`);
  return stdout;
}
