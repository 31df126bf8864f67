// Makes all files of a release, into an empty folder, out of a folder with an executable for each
// target: node scripts/release/make.js EXECUTABLES OUT [LEVEL]. LEVEL of compression is 9 unless
// given. On Linux, with tar, xz and zip. All times in it are SOURCE_DATE_EPOCH, or that
// of the commit: the same executables make the same files.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { bundle, noticesOf } from '../bundle.js';
import { archiveOf, executableOf, isWindows, NODE_VERSION, TARGETS } from '../targets.js';

const [executables, out, level = '9'] = process.argv.slice(2);
const { version, description, license, repository } = JSON.parse(
  readFileSync('package.json', 'utf8'),
);
const homepage = repository.url.replace(/^git\+/, '').replace(/\.git$/, '');
const owner = homepage.split('/').at(-2);
const epoch = Number(process.env.SOURCE_DATE_EPOCH ?? run('git', ['log', '-1', '--format=%ct']));
Object.assign(process.env, { SOURCE_DATE_EPOCH: String(epoch), TZ: 'UTC' });
const locked = JSON.parse(readFileSync('package-lock.json', 'utf8')).packages;
const bundled = await bundle({ write: false });
const work = mkdtempSync(join(tmpdir(), 'ldctl-release-'));
try {
  mkdirSync(out, { recursive: true });
  const licences = makeLicences();
  for (const target of TARGETS) {
    const executable = join(executables, executableOf(target));
    // On its way from another machine it may have lost its mode.
    chmodSync(executable, 0o755);
    makeArchive(target, executable, licences);
  }
  run('npm', ['pack', '--ignore-scripts', '--pack-destination', out]);
  const script = readFileSync('install.sh', 'utf8');
  const names = TARGETS.filter((target) => !isWindows(target)).map(({ name }) => name);
  write(
    'install.sh',
    script
      .replace(/^REPOSITORY=.*$/m, `REPOSITORY=${owner}/ldctl`)
      .replace(/^TARGETS=.*$/m, `TARGETS='${names.join(' ')}'`),
  );
  write('ldctl.cdx.json', json(billOfMaterials()));
  const sums = sumsOf(out);
  write('ldctl.rb', formula(sums));
  write('ldctl.json', json(scoopManifest(sums)));
  write('SHA256SUMS', [...sumsOf(out)].map(([name, sum]) => `${sum}  ${name}\n`).join(''));
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** What is bundled, the keyring's native code, and Node. @returns the files of their licences */
function makeLicences() {
  const beside = Object.keys(locked).filter((folder) =>
    folder.startsWith('node_modules/@napi-rs/keyring'),
  );
  const installed = beside.flatMap((folder) => {
    try {
      return [{ ...JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')), folder }];
    } catch {
      return [];
    }
  });
  const notices = join(work, 'THIRD-PARTY-NOTICES');
  writeFileSync(
    notices,
    noticesOf([...bundled, ...installed], 'Beside Node (NODE-LICENSE), this program holds'),
  );
  const node = run(process.execPath, [
    'scripts/binary.js',
    '--target',
    'linux-x64',
    '--print-node',
  ]).trim();
  copyFileSync(join(dirname(node), '../LICENSE'), join(work, 'NODE-LICENSE'));
  return ['LICENSE', notices, join(work, 'NODE-LICENSE')];
}

/** A folder of the archive's name, with the executable, the scripts for shells and the licences. */
function makeArchive(target, executable, licences) {
  const name = `ldctl-${target.name}`;
  const root = join(work, name);
  mkdirSync(root);
  copyFileSync(executable, join(root, isWindows(target) ? 'ldctl.exe' : 'ldctl'));
  cpSync('completions', join(root, 'completions'), { recursive: true });
  for (const file of licences) copyFileSync(file, join(root, file.split('/').at(-1)));
  settle(root);
  const archive = resolve(out, archiveOf(target));
  const compress = `--use-compress-program=xz -T2 -${level}`;
  const owned = ['--owner=0', '--group=0', '--numeric-owner', '--format=gnu'];
  if (isWindows(target)) run('zip', ['-q', `-${level}`, '-X', '-r', archive, name], work);
  else run('tar', ['-cf', archive, compress, '--sort=name', ...owned, name], work);
  rmSync(root, { recursive: true });
}

/** The same modes and times wherever it is made. */
function settle(root) {
  run('chmod', ['-R', 'u=rwX,go=rX', root]);
  run('find', [root, '-exec', 'touch', '--no-dereference', `--date=@${epoch}`, '{}', '+']);
}

/**
 * `npm sbom` knows every package of the repository, and takes those that are bundled for tools of
 * its development: here they are what they are, required, and the tools are left out.
 */
function billOfMaterials() {
  const all = JSON.parse(run('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only']));
  const beside = Object.entries(locked).filter(([folder, { dev }]) => folder !== '' && !dev);
  const shipped = new Map([
    ...beside.map(([folder, one]) => [
      `${folder.replace(/^.*node_modules\//, '')}@${one.version}`,
      'optional',
    ]),
    ...bundled.map(({ name, version }) => [`${name}@${version}`, 'required']),
  ]);
  const components = all.components
    .filter((component) => shipped.has(component['bom-ref']))
    .map((component) => ({
      ...component,
      scope: shipped.get(component['bom-ref']),
      properties: [],
    }));
  if (components.length < shipped.size) {
    throw new Error('npm sbom does not know all that is shipped');
  }
  const node = {
    'bom-ref': `node@${NODE_VERSION}`,
    type: 'platform',
    name: 'node',
    version: NODE_VERSION,
    description: 'In the executables; the npm package runs on a Node of the user',
    scope: 'required',
    licenses: [{ license: { id: 'MIT' } }],
    cpe: `cpe:2.3:a:nodejs:node.js:${NODE_VERSION}:*:*:*:*:*:*:*`,
    purl: `pkg:generic/node@${NODE_VERSION}`,
  };
  const root = { ...all.metadata.component, type: 'application', name: 'ldctl' };
  const refs = [...components, node].map((component) => component['bom-ref']);
  return {
    ...all,
    serialNumber: undefined,
    metadata: { ...all.metadata, timestamp: new Date(epoch * 1000).toISOString(), component: root },
    components: [...components, node],
    dependencies: [
      { ref: root['bom-ref'], dependsOn: refs },
      ...all.dependencies
        .filter(({ ref }) => shipped.has(ref))
        .map(({ ref, dependsOn }) => ({
          ref,
          dependsOn: dependsOn.filter((one) => shipped.has(one)),
        })),
      { ref: node['bom-ref'], dependsOn: [] },
    ],
  };
}

function formula(sums) {
  const processors = (platform) =>
    Object.entries({ arm: 'arm64', intel: 'x64' }).map(([processor, arch]) => {
      const file = archiveOf({ name: `${platform}-${arch}` });
      return `    on_${processor} do
      url "${homepage}/releases/download/v${version}/${file}"
      sha256 "${sums.get(file)}"
    end
`;
    });
  return `# Made with the release, by scripts/release/make.js.
class Ldctl < Formula
  desc "${description.split(',')[0]}"
  homepage "${homepage}"
  version "${version}"
  license "${license}"

  on_macos do
${processors('darwin').join('')}  end

  on_linux do
${processors('linux').join('')}  end

  def install
    bin.install "ldctl"
    bash_completion.install "completions/ldctl.bash" => "ldctl"
    zsh_completion.install "completions/ldctl.zsh" => "_ldctl"
    fish_completion.install "completions/ldctl.fish"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/ldctl --version")
  end
end
`;
}

/** Scoop installs it by its address, and looks there again when it updates. */
function scoopManifest(sums) {
  const file = archiveOf({ name: 'win32-x64' });
  const url = `${homepage}/releases/download/v${version}/${file}`;
  const architecture = { '64bit': { url, hash: sums.get(file), extract_dir: 'ldctl-win32-x64' } };
  return { version, description, homepage, license, architecture, bin: 'ldctl.exe' };
}

function sumsOf(folder) {
  const sum = (name) =>
    createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex');
  return new Map(
    readdirSync(folder)
      .sort()
      .map((name) => [name, sum(name)]),
  );
}

function write(name, text) {
  writeFileSync(join(out, name), text);
}

function json(value) {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** @returns what it printed @throws Error with what it said, when it fails */
function run(command, args, cwd = '.') {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) {
    throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? `${stderr}${stdout}`}`);
  }
  return stdout;
}
