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
const TOOLS = [
  'sh',
  'awk',
  'cat',
  'chmod',
  'cp',
  'dirname',
  'grep',
  'ldd',
  'mkdir',
  'mktemp',
  'mv',
  'rm',
  'sysctl',
  'tar',
  'uname',
  'xz',
];

const isThere = (tool: string): boolean =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, tool)));

/** An archive as a release has it, with a program in it that only says its version. */
function archiveOf(folder: string, program: string): Buffer {
  const name = `ldctl-${TARGET}`;
  mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, name, 'ldctl'), program, { mode: 0o755 });
  const { status, stderr } = spawnSync('tar', ['-cJf', ARCHIVE, name], { cwd: folder, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return readFileSync(join(folder, ARCHIVE));
}

const sumOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** A release on a server, and a home to install it into. */
class Release {
  readonly folder = mkdtempSync(join(tmpdir(), 'ldctl-install-'));
  readonly home = join(this.folder, 'home');
  readonly bin = join(this.home, '.local', 'bin');
  archive = archiveOf(this.folder, '#!/bin/sh\necho ldctl/9.8.7\n');
  sums = `${'0'.repeat(64)}  ldctl-other.tar.xz\n${sumOf(this.archive)}  ${ARCHIVE}\n`;
  /** How much of the archive is sent before the connection breaks off. */
  sent = this.archive.length;
  /** Whether nothing comes after that, in place of an end. */
  stalls = false;
  #server: ScriptedServer | undefined;

  constructor() {
    mkdirSync(this.home);
    writeFileSync(join(this.folder, 'install.sh'), SCRIPT);
  }

  get url(): string {
    return `${this.#server?.url ?? ''}/v`;
  }

  async install(args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    this.#server ??= await startServer((request, response, socket) => {
      if (request.url === '/v/SHA256SUMS') return void response.end(this.sums);
      if (request.url !== `/v/${ARCHIVE}`) return void response.writeHead(404).end();
      response.writeHead(200, { 'content-length': this.archive.length });
      if (this.sent === this.archive.length) return void response.end(this.archive);
      response.write(this.archive.subarray(0, this.sent), () => this.stalls || socket.destroy());
    });
    const run = new Run('sh', [join(this.folder, 'install.sh'), ...args], {
      PATH: process.env.PATH,
      HOME: this.home,
      TMPDIR: this.folder,
      LDCTL_INSTALL_URL: this.url,
      ...env,
    });
    return run.input().ended();
  }

  /** A PATH with `TOOLS` and these alone; a text is a script in the place of one. */
  path(...tools: Array<string | [string, string]>): string {
    const folder = mkdtempSync(join(this.folder, 'path-'));
    for (const tool of [...TOOLS, ...tools]) {
      const [name, script] = typeof tool === 'string' ? [tool] : tool;
      rmSync(join(folder, name), { force: true });
      if (script !== undefined) writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      else {
        const found = (process.env.PATH ?? '')
          .split(delimiter)
          .map((one) => join(one, name))
          .find((one) => existsSync(one));
        if (found !== undefined) symlinkSync(found, join(folder, name));
      }
    }
    return folder;
  }

  async close(): Promise<void> {
    await this.#server?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function withRelease(step: (release: Release) => Promise<void>): Promise<void> {
  const release = new Release();
  try {
    await step(release);
  } finally {
    await release.close();
  }
}

/** It ended with 1 and this message, and left nothing behind: not a file in the folder, and none of its own. */
function assertRefused(release: Release, ended: Ended, message: RegExp): void {
  assert.equal(ended.code, 1, ended.stderr);
  assert.match(ended.stderr, message);
  assert.deepEqual(existsSync(release.bin) ? readdirSync(release.bin) : [], []);
  assert.deepEqual(
    readdirSync(release.folder).filter((name) => name.startsWith('tmp.')),
    [],
  );
}

// It is for Linux and macOS; on Windows there is Scoop.
if (process.platform !== 'win32') {
  describe('install.sh', function () {
    this.timeout(60_000);

    it('downloads, checks and installs, says what, and what is missing on the PATH', () =>
      withRelease(async (release) => {
        const { code, stdout, stderr } = await release.install();
        assert.equal(code, 0, stderr);
        assert.equal(stdout, '');
        const installed = join(release.bin, 'ldctl');
        assert.match(stderr, /^installed ldctl\/9\.8\.7 as .*\/home\/\.local\/bin\/ldctl$/m);
        assert.match(
          stderr,
          new RegExp(`^${release.bin} is not on your PATH\\. .*export PATH="${release.bin}:\\$PATH"$`, 'm'),
        );
        assert.equal(spawnSync(installed, { encoding: 'utf8' }).stdout, 'ldctl/9.8.7\n');
        assert.deepEqual(readdirSync(release.bin), ['ldctl']);
        assert.deepEqual(
          readdirSync(release.folder).filter((name) => name.startsWith('tmp.')),
          [],
        );
      }));

    it('replaces an older one, in the folder that --to names, and has nothing to say of the PATH that has it', () =>
      withRelease(async (release) => {
        const to = join(release.folder, 'a folder');
        mkdirSync(to);
        writeFileSync(join(to, 'ldctl'), '#!/bin/sh\necho old\n', { mode: 0o755 });
        const { code, stderr } = await release.install(['--to', to], { PATH: `${to}:${String(process.env.PATH)}` });
        assert.equal(code, 0, stderr);
        assert.equal(spawnSync(join(to, 'ldctl'), { encoding: 'utf8' }).stdout, 'ldctl/9.8.7\n');
        assert.doesNotMatch(stderr, /PATH/);
        assert.equal(existsSync(release.bin), false);
      }));

    it('knows the folder on the PATH however it is written there, and says where it is though --to was relative', () =>
      withRelease(async (release) => {
        const { folder } = release;
        mkdirSync(join(folder, 'real'));
        symlinkSync('real', join(folder, 'link'));
        const runIn = (to: string, onPath: string): string => {
          const env = { PATH: `${onPath}:${String(process.env.PATH)}`, LDCTL_INSTALL_URL: release.url };
          return `cd '${folder}' && PATH='${env.PATH}' LDCTL_INSTALL_URL='${env.LDCTL_INSTALL_URL}' sh install.sh --to '${to}'`;
        };
        await release.install();
        for (const onPath of [join(folder, 'real/'), join(folder, 'link'), `${folder}//real`]) {
          const { code, stderr } = await new Run('sh', ['-c', runIn('real', onPath)], { ...process.env })
            .input()
            .ended();
          assert.equal(code, 0, stderr);
          assert.doesNotMatch(stderr, /PATH/, onPath);
        }
        const { stderr } = await new Run('sh', ['-c', runIn('new', '/none')], { ...process.env }).input().ended();
        assert.match(stderr, new RegExp(`export PATH="${folder}/new:\\$PATH"$`, 'm'));
      }));

    it('says when another ldctl comes first on the PATH', () =>
      withRelease(async (release) => {
        const other = release.path('curl', 'sha256sum', 'shasum', ['ldctl', 'echo old']);
        const { code, stderr } = await release.install([], { PATH: other });
        assert.equal(code, 0, stderr);
        assert.match(
          stderr,
          new RegExp(`^note: ldctl is ${join(other, 'ldctl')}, which comes first on your PATH$`, 'm'),
        );
      }));

    it('refuses what has another sum, and leaves the old one as it is', () =>
      withRelease(async (release) => {
        mkdirSync(release.bin, { recursive: true });
        writeFileSync(join(release.bin, 'ldctl'), 'old');
        const good = sumOf(release.archive);
        release.sums = release.sums.replace(good, 'f'.repeat(64));
        const { code, stderr } = await release.install();
        assert.equal(code, 1);
        assert.match(
          stderr,
          new RegExp(
            `^error: ${ARCHIVE} is not what was released: its SHA-256 is ${good}, and should be f{64}; nothing was installed$`,
            'm',
          ),
        );
        assert.equal(readFileSync(join(release.bin, 'ldctl'), 'utf8'), 'old');
        assert.deepEqual(readdirSync(release.bin), ['ldctl']);
      }));

    it('refuses what SHA256SUMS has no line of, one with a longer name is none', () =>
      withRelease(async (release) => {
        release.sums = `${sumOf(release.archive)}  ${ARCHIVE}.old\n`;
        assertRefused(
          release,
          await release.install(),
          new RegExp(`^error: SHA256SUMS says nothing of ${ARCHIVE}; nothing was installed$`, 'm'),
        );
      }));

    for (const tool of ['curl', 'wget'].filter(isThere)) {
      it(`refuses a download that is cut off (${tool})`, () =>
        withRelease(async (release) => {
          release.sent = 100;
          const path = release.path(tool, 'sha256sum', 'shasum');
          assertRefused(
            release,
            await release.install([], { PATH: path }),
            new RegExp(`^error: .*/${ARCHIVE} could not be downloaded$`, 'm'),
          );
        }));

      it(`gives up a download that brings nothing more (${tool})`, () =>
        withRelease(async (release) => {
          [release.sent, release.stalls] = [100, true];
          const path = release.path(tool, 'sha256sum', 'shasum');
          assertRefused(
            release,
            await release.install([], { PATH: path, LDCTL_INSTALL_STALLED: '1' }),
            new RegExp(`^error: .*/${ARCHIVE} could not be downloaded$`, 'm'),
          );
        }));

      it(`refuses what is not there (${tool})`, () =>
        withRelease(async (release) => {
          const path = release.path(tool, 'sha256sum', 'shasum');
          const url = 'http://127.0.0.1:9/none';
          assertRefused(
            release,
            await release.install([], { PATH: path, LDCTL_INSTALL_URL: url }),
            /^error: http:\/\/127\.0\.0\.1:9\/none\/SHA256SUMS could not be downloaded$/m,
          );
        }));
    }

    for (const tools of [
      ['wget', 'sha256sum'],
      ['curl', 'shasum'],
    ].filter((all) => all.every(isThere))) {
      it(`works with ${tools.join(' and ')} alone`, () =>
        withRelease(async (release) => {
          const { code, stderr } = await release.install([], { PATH: release.path(...tools) });
          assert.equal(code, 0, stderr);
          assert.deepEqual(readdirSync(release.bin), ['ldctl']);
        }));
    }

    it('says that it needs curl or wget, sha256sum or shasum, tar and xz, before it downloads', () =>
      withRelease(async (release) => {
        for (const [tool, message] of [
          ['sha256sum', /^error: neither curl nor wget is there/],
          ['curl', /^error: neither sha256sum nor shasum is there/],
        ] as const) {
          const ended = await release.install([], { PATH: release.path(tool) });
          assertRefused(release, ended, message);
        }
        const noXz = release.path(
          'curl',
          'sha256sum',
          ['uname', '[ "$1" = -s ] && echo Linux || echo x86_64'],
          ['ldd', 'echo glibc'],
        );
        rmSync(join(noXz, 'xz'));
        assertRefused(
          release,
          await release.install([], { PATH: noXz }),
          /^error: tar and xz unpack it: install xz-utils/m,
        );
      }));

    for (const [system, machine] of [
      ['FreeBSD', 'amd64'],
      ['Linux', 'riscv64'],
      ['Linux', 'i686'],
    ] as const) {
      it(`says that there is no build for ${system} ${machine}, and what there is instead`, () =>
        withRelease(async (release) => {
          const path = release.path('curl', 'sha256sum', [
            'uname',
            `[ "$1" = -s ] && echo ${system} || echo ${machine}`,
          ]);
          const message = new RegExp(
            `^error: there is no build for ${system} ${machine}, only for linux-x64 .*npm install --global ldctl$`,
            'm',
          );
          assertRefused(release, await release.install([], { PATH: path }), message);
        }));
    }

    it('says so where the system has musl', () =>
      withRelease(async (release) => {
        const path = release.path(
          'curl',
          'sha256sum',
          ['uname', '[ "$1" = -s ] && echo Linux || echo x86_64'],
          ['ldd', 'echo "musl libc (x86_64)" >&2; exit 1'],
        );
        assertRefused(
          release,
          await release.install([], { PATH: path }),
          /^error: this system has musl in place of glibc.*npm install --global ldctl$/m,
        );
      }));

    it('takes the build for Apple processors in a shell that macOS translates', () =>
      withRelease(async (release) => {
        const path = release.path(
          'curl',
          'sha256sum',
          ['uname', '[ "$1" = -s ] && echo Darwin || echo x86_64'],
          ['sysctl', 'echo 1'],
        );
        const { stderr } = await release.install([], { PATH: path });
        assert.match(stderr, /^downloading .*\/ldctl-darwin-arm64\.tar\.xz$/m);
      }));

    it('says when the folder cannot be written to, before it downloads', () =>
      withRelease(async (release) => {
        const file = join(release.folder, 'file');
        writeFileSync(file, '');
        const ended = await release.install(['--to', join(file, 'bin')]);
        assertRefused(
          release,
          ended,
          /^error: .*\/file\/bin cannot be written to; choose another folder with --to DIR$/m,
        );
        assert.doesNotMatch(ended.stderr, /downloading/);
        // To root every folder can be written to.
        if (process.getuid?.() === 0) return;
        const closed = join(release.folder, 'closed');
        mkdirSync(closed);
        chmodSync(closed, 0o555);
        assertRefused(release, await release.install(['--to', closed]), /closed cannot be written to/);
      }));

    it('does not put it into a folder of that name, where nobody would look for it', () =>
      withRelease(async (release) => {
        const to = join(release.folder, 'to');
        mkdirSync(join(to, 'ldctl'), { recursive: true });
        assertRefused(
          release,
          await release.install(['--to', to]),
          /^error: .*\/to\/ldctl is a folder; choose another place with --to DIR$/m,
        );
        assert.deepEqual(readdirSync(join(to, 'ldctl')), []);
      }));

    for (const signal of ['HUP', 'INT', 'QUIT', 'PIPE', 'TERM']) {
      it(`leaves nothing behind when SIG${signal} ends it`, () =>
        withRelease(async (release) => {
          const path = release.path('sha256sum', ['curl', `kill -s ${signal} $PPID`]);
          assertRefused(release, await release.install([], { PATH: path }), /^downloading /m);
        }));
    }

    it('keeps the old one when the new one does not run here', () =>
      withRelease(async (release) => {
        release.archive = archiveOf(release.folder, '#!/bin/sh\necho "GLIBC_2.99 not found" >&2\nexit 1\n');
        release.sums = `${sumOf(release.archive)}  ${ARCHIVE}\n`;
        release.sent = release.archive.length;
        assertRefused(
          release,
          await release.install(),
          /^GLIBC_2\.99 not found\nerror: it was downloaded whole, and does not run here/m,
        );
      }));

    it('takes a version with or without a v, and refuses flags that it does not know', () =>
      withRelease(async (release) => {
        // Nothing is fetched: with LDCTL_INSTALL_URL empty the address is that of GitHub, and curl is a stand-in that fails.
        const path = release.path('sha256sum', ['curl', 'exit 1']);
        for (const version of ['1.2.3', 'v1.2.3']) {
          const { code, stderr } = await release.install(['--version', version], { PATH: path, LDCTL_INSTALL_URL: '' });
          assert.equal(code, 1);
          assert.match(
            stderr,
            new RegExp(
              `^downloading https://github\\.com/[\\w.-]+/ldctl/releases/download/v1\\.2\\.3/${ARCHIVE}$`,
              'm',
            ),
          );
        }
        for (const args of [['--too', 'x'], ['x'], ['--to']]) {
          const { code, stderr } = await release.install(args);
          assert.ok(code === 1 || code === 2);
          assert.match(stderr, /usage: install\.sh|error: --to needs a value/);
        }
      }));

    it('does nothing when it is cut off itself at any byte, on its way into the shell', () =>
      withRelease((release) => {
        const mark = join(release.folder, 'mark');
        const path = release.path('sha256sum', ['curl', `echo >'${mark}'; exit 1`], ['mkdir', `echo >'${mark}'`]);
        const run = (input: string): void => {
          spawnSync('sh', [], { input, env: { PATH: path, HOME: release.home } });
        };
        const tail = SCRIPT.length - 60;
        const cuts = Array.from({ length: SCRIPT.trimEnd().length - 1 }, (_, index) => index + 1);
        for (const at of cuts.filter((one) => one > tail || one % 61 === 0)) {
          run(SCRIPT.slice(0, at));
          assert.equal(existsSync(mark), false, SCRIPT.slice(0, at).slice(-60));
        }
        run(SCRIPT);
        assert.equal(existsSync(mark), true);
        return Promise.resolve();
      }));
  });
}
