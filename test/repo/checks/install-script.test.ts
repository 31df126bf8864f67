import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Run, type Ended } from '../../helpers/ldctl.js';
import { ROOT } from '../../helpers/root.js';
import { startServer, type ScriptedServer } from '../../helpers/server.js';

const NAME = `ldctl-${process.platform}-${process.arch}`;
const ARCHIVE = `${NAME}.tar.xz`;
/** As a release has it, with its repository put in. */
const SCRIPT = readFileSync(join(ROOT, 'install.sh'), 'utf8').replace(
  /^REPOSITORY=.*$/m,
  'REPOSITORY=acme/ldctl',
);

const sumOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** A release on a server, and a home to install it into. */
class Release {
  readonly folder = mkdtempSync(join(tmpdir(), 'ldctl-install-'));
  readonly home = join(this.folder, 'home');
  readonly bin = join(this.home, '.local', 'bin');
  archive = this.#archiveOf('#!/bin/sh\necho ldctl/9.8.7\n');
  sum = sumOf(this.archive);
  /** How much of the archive is sent before the connection breaks off. */
  sent = Infinity;
  #server: ScriptedServer | undefined;

  /** Another program in the archive. */
  hold(program: string): void {
    this.archive = this.#archiveOf(program);
    this.sum = sumOf(this.archive);
  }

  /** Puts a script in the place of a program: what the installer calls by this name. */
  stub(name: string, script: string): void {
    const folder = join(this.folder, 'stubs');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }

  get env(): NodeJS.ProcessEnv {
    return {
      PATH: `${join(this.folder, 'stubs')}:${String(process.env.PATH)}`,
      HOME: this.home,
      TMPDIR: this.folder,
    };
  }

  async install(...args: string[]): Promise<Ended> {
    this.#server ??= await startServer((request, response, socket) => {
      if (request.url === '/v/SHA256SUMS') return void response.end(`${this.sum}  ${ARCHIVE}\n`);
      response.writeHead(200, { 'content-length': this.archive.length });
      if (this.sent > this.archive.length) return void response.end(this.archive);
      response.write(this.archive.subarray(0, this.sent), () => socket.destroy());
    });
    const env = { ...this.env, LDCTL_INSTALL_URL: `${this.#server.url}/v` };
    return new Run('/bin/sh', ['-s', '--', ...args], env).input(SCRIPT).ended();
  }

  #archiveOf(program: string): Buffer {
    mkdirSync(join(this.folder, NAME), { recursive: true });
    writeFileSync(join(this.folder, NAME, 'ldctl'), program, { mode: 0o755 });
    assert.equal(spawnSync('tar', ['-cJf', ARCHIVE, NAME], { cwd: this.folder }).status, 0);
    return readFileSync(join(this.folder, ARCHIVE));
  }

  async close(): Promise<void> {
    await this.#server?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What it ends with, by what is wrong: the old program is still there then, and nothing else. */
const REFUSALS: Record<string, [message: RegExp, prepare: (release: Release) => void]> = {
  'another sum': [
    / is not what was released: its SHA-256 is /,
    (release) => (release.sum = 'f'.repeat(64)),
  ],
  'no sum': [/ says nothing of /, (release) => (release.sum = `${release.sum}  not-`)],
  'a download that is cut off': [/ could not be downloaded$/m, (release) => (release.sent = 100)],
  'a program that does not run here': [
    /^GLIBC_2\.99 not found\nerror: it was downloaded whole, and does not run here/m,
    (release) => release.hold('#!/bin/sh\necho "GLIBC_2.99 not found" >&2\nexit 1\n'),
  ],
  'a system that there is no build for': [
    /^error: there is no build for FreeBSD .*npm install --global ldctl$/m,
    (release) => release.stub('uname', '[ "$1" = -s ] && echo FreeBSD || echo amd64'),
  ],
  'musl in place of glibc': [
    /^error: this system has musl in place of glibc.*npm install --global ldctl$/m,
    (release) => release.stub('ldd', 'echo "musl libc (x86_64)" >&2; exit 1'),
  ],
  'Ctrl-C': [/^downloading /m, (release) => release.stub('curl', 'kill -s INT $PPID')],
};

// It is for Linux and macOS; on Windows there is Scoop.
(process.platform === 'win32' ? describe.skip : describe)('install.sh', function () {
  this.timeout(60_000);
  let release: Release;

  beforeEach(() => (release = new Release()));
  afterEach(() => release.close());

  it('downloads, checks and installs, says what, and that it is not on the PATH', async () => {
    const { code, stdout, stderr } = await release.install();
    assert.deepEqual([code, stdout], [0, ''], stderr);
    assert.match(stderr, /^installed ldctl\/9\.8\.7 as .*\/home\/\.local\/bin\/ldctl$/m);
    assert.match(
      stderr,
      new RegExp(
        `^${release.bin} is not on your PATH\\. .*export PATH="${release.bin}:\\$PATH"$`,
        'm',
      ),
    );
    assert.deepEqual(readdirSync(release.bin), ['ldctl']);
    assert.equal(
      spawnSync(join(release.bin, 'ldctl'), { encoding: 'utf8' }).stdout,
      'ldctl/9.8.7\n',
    );
  });

  it('installs where --to says, and says when another ldctl comes first on the PATH', async () => {
    release.stub('ldctl', 'echo old');
    const { code, stderr } = await release.install('--to', join(release.folder, 'a folder'));
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^note: ldctl is .*\/stubs\/ldctl, which comes first on your PATH$/m);
    assert.deepEqual(readdirSync(join(release.folder, 'a folder')), ['ldctl']);
    assert.equal(existsSync(release.bin), false);
  });

  for (const [title, [message, prepare]] of Object.entries(REFUSALS)) {
    it(`leaves everything as it is: ${title}`, async () => {
      mkdirSync(release.bin, { recursive: true });
      writeFileSync(join(release.bin, 'ldctl'), 'old');
      prepare(release);
      const { code, stderr } = await release.install();
      assert.equal(code, 1, stderr);
      assert.match(stderr, message);
      assert.deepEqual(readdirSync(release.bin), ['ldctl']);
      assert.equal(readFileSync(join(release.bin, 'ldctl'), 'utf8'), 'old');
      assert.deepEqual(
        readdirSync(release.folder).filter((name) => name.startsWith('tmp.')),
        [],
      );
    });
  }

  it('does nothing when it is cut off itself, on its way into the shell', () => {
    const mark = join(release.folder, 'mark');
    release.stub('curl', `echo >'${mark}'; exit 1`);
    const run = (input: string): void => void spawnSync('sh', [], { input, env: release.env });
    for (let at = 1; at < SCRIPT.trimEnd().length; at += at > SCRIPT.length - 60 ? 1 : 61) {
      run(SCRIPT.slice(0, at));
      assert.equal(existsSync(mark), false, SCRIPT.slice(0, at).slice(-60));
    }
    run(SCRIPT);
    assert.equal(existsSync(mark), true);
  });
});
