import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Run, type Ended } from '../helpers/ldctl.js';
import { ROOT } from '../helpers/root.js';
import { startServer, type ScriptedServer } from '../helpers/server.js';

const TARGET = `${process.platform}-${process.arch}`;
const ARCHIVE = `ldctl-${TARGET}.tar.xz`;
/** As a release has it, with its repository put in. */
const SCRIPT = readFileSync(join(ROOT, 'install.sh'), 'utf8').replace(/^REPOSITORY=.*$/m, 'REPOSITORY=acme/ldctl');
/** All that the script uses, but for what downloads and what sums. */
const TOOLS = 'sh awk cat chmod cp dirname grep ldd mkdir mktemp mv rm sysctl tar uname xz'.split(' ');

/** One that is there, or a script in its place. */
type Tool = string | [name: string, script: string];
interface Given {
  args?: readonly string[];
  /** With `TOOLS` all that is on the PATH. */
  tools?: readonly Tool[];
  without?: string;
  env?: NodeJS.ProcessEnv;
}

const folders = (process.env.PATH ?? '').split(delimiter);
const placeOf = (tool: string): string | undefined =>
  folders.map((one) => join(one, tool)).find((one) => existsSync(one));
const uname = (system: string, machine: string): Tool => [
  'uname',
  `[ "$1" = -s ] && echo ${system} || echo ${machine}`,
];
const sumOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** An archive as a release has it, with this program in it. */
function archiveOf(folder: string, program: string): Buffer {
  const name = `ldctl-${TARGET}`;
  mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, name, 'ldctl'), program, { mode: 0o755 });
  assert.equal(spawnSync('tar', ['-cJf', ARCHIVE, name], { cwd: folder }).status, 0);
  return readFileSync(join(folder, ARCHIVE));
}

/** A release on a server, and a home to install it into. */
class Release {
  readonly folder = mkdtempSync(join(tmpdir(), 'ldctl-install-'));
  readonly home = join(this.folder, 'home');
  readonly bin = join(this.home, '.local', 'bin');
  archive = archiveOf(this.folder, '#!/bin/sh\necho ldctl/9.8.7\n');
  sums = `${'0'.repeat(64)}  ldctl-other.tar.xz\n${sumOf(this.archive)}  ${ARCHIVE}\n`;
  /** How much of the archive is sent before the connection breaks off, or nothing more comes. */
  sent = Infinity;
  stalls = false;
  #server: ScriptedServer | undefined;

  async install({ args = [], tools, without, env }: Given = {}): Promise<Ended> {
    this.#server ??= await startServer((request, response, socket) => {
      if (request.url === '/v/SHA256SUMS') return void response.end(this.sums);
      if (request.url !== `/v/${ARCHIVE}`) return void response.writeHead(404).end();
      response.writeHead(200, { 'content-length': this.archive.length });
      if (this.sent > this.archive.length) return void response.end(this.archive);
      response.write(this.archive.subarray(0, this.sent), () => this.stalls || socket.destroy());
    });
    const PATH = tools === undefined ? process.env.PATH : this.path(tools, without);
    const all = { PATH, HOME: this.home, TMPDIR: this.folder, LDCTL_INSTALL_URL: `${this.#server.url}/v`, ...env };
    // From the folder above, to which a relative place belongs.
    const command = `cd '${this.folder}' && exec sh -s -- "$@"`;
    return new Run('/bin/sh', ['-c', command, 'sh', ...args], all).input(SCRIPT).ended();
  }

  path(tools: readonly Tool[], without = ''): string {
    const folder = mkdtempSync(join(this.folder, 'path-'));
    for (const tool of [...TOOLS, ...tools]) {
      const [name, script] = typeof tool === 'string' ? [tool] : tool;
      const [file, place] = [join(folder, name), placeOf(name)];
      rmSync(file, { force: true });
      if (script !== undefined) writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      else if (place !== undefined && name !== without) symlinkSync(place, file);
    }
    return folder;
  }

  async close(): Promise<void> {
    await this.#server?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function withRelease(step: (release: Release) => Promise<void> | void): Promise<void> {
  const release = new Release();
  try {
    await step(release);
  } finally {
    await release.close();
  }
}

const assertTidy = ({ folder }: Release): void =>
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith('tmp.')),
    [],
  );

const NO_BUILD = /^error: there is no build for .*, only for linux-x64 .*npm install --global ldctl$/m;
const NOT_DOWNLOADED = new RegExp(`^error: .*/${ARCHIVE} could not be downloaded$`, 'm');
const LINUX = uname('Linux', 'x86_64');

/** What it ends with, by what is wrong. */
const REFUSALS: Record<string, [message: RegExp, given: (release: Release) => Given]> = {
  'no line of it in SHA256SUMS, where one with a longer name is none': [
    new RegExp(`^error: SHA256SUMS says nothing of ${ARCHIVE}; nothing was installed$`, 'm'),
    (release) => {
      release.sums = `${sumOf(release.archive)}  ${ARCHIVE}.old\n`;
      return {};
    },
  ],
  'one that does not run here': [
    /^GLIBC_2\.99 not found\nerror: it was downloaded whole, and does not run here/m,
    (release) => {
      release.archive = archiveOf(release.folder, '#!/bin/sh\necho "GLIBC_2.99 not found" >&2\nexit 1\n');
      release.sums = `${sumOf(release.archive)}  ${ARCHIVE}\n`;
      return {};
    },
  ],
  'nothing that downloads': [/^error: neither curl nor wget is there/, () => ({ tools: ['sha256sum'] })],
  'nothing that sums': [/^error: neither sha256sum nor shasum is there/, () => ({ tools: ['curl'] })],
  'no xz': [
    /^error: tar and xz unpack it: install xz-utils/m,
    () => ({ tools: ['curl', 'sha256sum', LINUX, ['ldd', 'echo glibc']], without: 'xz' }),
  ],
  FreeBSD: [NO_BUILD, () => ({ tools: ['curl', 'sha256sum', uname('FreeBSD', 'amd64')] })],
  RISC: [NO_BUILD, () => ({ tools: ['curl', 'sha256sum', uname('Linux', 'riscv64')] })],
  '32 bits': [NO_BUILD, () => ({ tools: ['curl', 'sha256sum', uname('Linux', 'i686')] })],
  musl: [
    /^error: this system has musl in place of glibc.*npm install --global ldctl$/m,
    () => ({ tools: ['curl', 'sha256sum', LINUX, ['ldd', 'echo "musl libc (x86_64)" >&2; exit 1']] }),
  ],
  'a folder in a file, before it downloads': [
    /^error: .*\/file\/bin cannot be written to; choose another folder with --to DIR\n$/,
    ({ folder }) => {
      writeFileSync(join(folder, 'file'), '');
      return { args: ['--to', join(folder, 'file', 'bin')] };
    },
  ],
  'a folder of the name of the program': [
    /^error: .*\/to\/ldctl is a folder; choose another place with --to DIR\n$/,
    ({ folder }) => {
      mkdirSync(join(folder, 'to', 'ldctl'), { recursive: true });
      return { args: ['--to', join(folder, 'to')] };
    },
  ],
  ...Object.fromEntries(
    ['HUP', 'INT', 'QUIT', 'PIPE', 'TERM'].map((signal) => [
      `SIG${signal}`,
      [/^downloading /m, () => ({ tools: ['sha256sum', ['curl', `kill -s ${signal} $PPID`]] })],
    ]),
  ),
};
for (const tool of ['curl', 'wget'].filter((one) => placeOf(one) !== undefined)) {
  const given = { tools: [tool, 'sha256sum', 'shasum'] };
  REFUSALS[`a download that is cut off (${tool})`] = [
    NOT_DOWNLOADED,
    (release) => {
      release.sent = 100;
      return given;
    },
  ];
  REFUSALS[`a download that brings nothing more (${tool})`] = [
    NOT_DOWNLOADED,
    (release) => {
      [release.sent, release.stalls] = [100, true];
      return { ...given, env: { LDCTL_INSTALL_STALLED: '1' } };
    },
  ];
  REFUSALS[`a release that is not there (${tool})`] = [
    /^error: http:\/\/127\.0\.0\.1:9\/none\/SHA256SUMS could not be downloaded$/m,
    () => ({ ...given, env: { LDCTL_INSTALL_URL: 'http://127.0.0.1:9/none' } }),
  ];
}

// It is for Linux and macOS; on Windows there is Scoop.
(process.platform === 'win32' ? describe.skip : describe)('install.sh', function () {
  this.timeout(60_000);

  it('downloads, checks and installs, says what, and what is missing on the PATH', () =>
    withRelease(async (release) => {
      const { code, stdout, stderr } = await release.install();
      assert.deepEqual([code, stdout], [0, ''], stderr);
      assert.match(stderr, /^installed ldctl\/9\.8\.7 as .*\/home\/\.local\/bin\/ldctl$/m);
      const advice = `^${release.bin} is not on your PATH\\. .*export PATH="${release.bin}:\\$PATH"$`;
      assert.match(stderr, new RegExp(advice, 'm'));
      assert.equal(spawnSync(join(release.bin, 'ldctl'), { encoding: 'utf8' }).stdout, 'ldctl/9.8.7\n');
      assert.deepEqual(readdirSync(release.bin), ['ldctl']);
      assertTidy(release);
    }));

  it('replaces an older one where --to says, knows the folder on the PATH however it is written there, or says where it is', () =>
    withRelease(async (release) => {
      const { folder } = release;
      mkdirSync(join(folder, 'a folder'));
      symlinkSync('a folder', join(folder, 'link'));
      writeFileSync(join(folder, 'a folder', 'ldctl'), '#!/bin/sh\necho old\n', { mode: 0o755 });
      for (const onPath of [join(folder, 'a folder/'), join(folder, 'link'), `${folder}//a folder`]) {
        const env = { PATH: `${onPath}:${String(process.env.PATH)}` };
        const { code, stderr } = await release.install({ args: ['--to', 'a folder'], env });
        assert.equal(code, 0, stderr);
        assert.doesNotMatch(stderr, /PATH/, onPath);
      }
      const said = spawnSync(join(folder, 'a folder', 'ldctl'), { encoding: 'utf8' }).stdout;
      assert.deepEqual([said, existsSync(release.bin)], ['ldctl/9.8.7\n', false]);
      const { stderr } = await release.install({ args: ['--to', 'new'] });
      assert.match(stderr, new RegExp(`export PATH="${folder}/new:\\$PATH"$`, 'm'));
    }));

  it('says when another ldctl comes first on the PATH', () =>
    withRelease(async (release) => {
      const { code, stderr } = await release.install({ tools: ['curl', 'sha256sum', 'shasum', ['ldctl', 'echo old']] });
      assert.equal(code, 0, stderr);
      assert.match(stderr, /^note: ldctl is .*\/ldctl, which comes first on your PATH$/m);
    }));

  it('refuses what has another sum, and leaves the old one as it is', () =>
    withRelease(async (release) => {
      mkdirSync(release.bin, { recursive: true });
      writeFileSync(join(release.bin, 'ldctl'), 'old');
      const good = sumOf(release.archive);
      release.sums = release.sums.replace(good, 'f'.repeat(64));
      const { code, stderr } = await release.install();
      assert.equal(code, 1);
      const message = `^error: ${ARCHIVE} is not what was released: its SHA-256 is ${good}, and should be f{64}; nothing was installed$`;
      assert.match(stderr, new RegExp(message, 'm'));
      assert.equal(readFileSync(join(release.bin, 'ldctl'), 'utf8'), 'old');
      assert.deepEqual(readdirSync(release.bin), ['ldctl']);
    }));

  for (const [what, [message, given]] of Object.entries(REFUSALS)) {
    it(`ends with 1, and leaves nothing behind: ${what}`, () =>
      withRelease(async (release) => {
        const { code, stderr } = await release.install(given(release));
        assert.equal(code, 1, stderr);
        assert.match(stderr, message);
        assert.deepEqual(existsSync(release.bin) ? readdirSync(release.bin) : [], []);
        assertTidy(release);
      }));
  }

  it('says when the folder cannot be written to', () =>
    withRelease(async (release) => {
      // To root every folder can be written to.
      if (process.getuid?.() === 0) return;
      const closed = join(release.folder, 'closed');
      mkdirSync(closed);
      chmodSync(closed, 0o555);
      assert.match((await release.install({ args: ['--to', closed] })).stderr, /closed cannot be written to/);
    }));

  for (const tools of [
    ['wget', 'sha256sum'],
    ['curl', 'shasum'],
  ].filter((all) => all.every((one) => placeOf(one) !== undefined))) {
    it(`works with ${tools.join(' and ')} alone`, () =>
      withRelease(async (release) => {
        const { code, stderr } = await release.install({ tools });
        assert.equal(code, 0, stderr);
        assert.deepEqual(readdirSync(release.bin), ['ldctl']);
      }));
  }

  it('takes the build for Apple processors in a shell that macOS translates', () =>
    withRelease(async (release) => {
      const tools: Tool[] = ['curl', 'sha256sum', uname('Darwin', 'x86_64'), ['sysctl', 'echo 1']];
      assert.match((await release.install({ tools })).stderr, /^downloading .*\/ldctl-darwin-arm64\.tar\.xz$/m);
    }));

  it('takes a version with or without a v, and refuses flags that it does not know', () =>
    withRelease(async (release) => {
      // Nothing is fetched: with LDCTL_INSTALL_URL empty the address is that of GitHub, and curl is a stand-in that fails.
      const offline: Given = { tools: ['sha256sum', ['curl', 'exit 1']], env: { LDCTL_INSTALL_URL: '' } };
      const address = `^downloading https://github\\.com/[\\w.-]+/ldctl/releases/download/v1\\.2\\.3/${ARCHIVE}$`;
      for (const version of ['1.2.3', 'v1.2.3']) {
        const { code, stderr } = await release.install({ ...offline, args: ['--version', version] });
        assert.equal(code, 1);
        assert.match(stderr, new RegExp(address, 'm'));
      }
      for (const args of [['--too', 'x'], ['x'], ['--to']]) {
        const { code, stderr } = await release.install({ args });
        assert.ok(code === 1 || code === 2);
        assert.match(stderr, /usage: install\.sh|error: --to needs a value/);
      }
    }));

  it('does nothing when it is cut off itself at any byte, on its way into the shell', () =>
    withRelease((release) => {
      const mark = join(release.folder, 'mark');
      const PATH = release.path(['sha256sum', ['curl', `echo >'${mark}'; exit 1`], ['mkdir', `echo >'${mark}'`]]);
      const run = (input: string): void => void spawnSync('sh', [], { input, env: { PATH, HOME: release.home } });
      const tail = SCRIPT.length - 60;
      const cuts = Array.from({ length: SCRIPT.trimEnd().length - 1 }, (_, index) => index + 1);
      for (const at of cuts.filter((one) => one > tail || one % 61 === 0)) {
        run(SCRIPT.slice(0, at));
        assert.equal(existsSync(mark), false, SCRIPT.slice(0, at).slice(-60));
      }
      run(SCRIPT);
      assert.equal(existsSync(mark), true);
    }));
});
