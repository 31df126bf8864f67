import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { Config } from '@oclif/core';
import nock from 'nock';
import { printOptionsOf, readCommandLine } from '../../src/cli/argv.js';
import { type BaseCommand } from '../../src/cli/base-command.js';
import { packageProgram, type Host, type Program } from '../../src/cli/host.js';
import { type Activity } from '../../src/base/activity.js';
import { Interrupted } from '../../src/base/errors.js';
import { stringifyJson } from '../../src/base/json.js';
import { scriptedAnswers, type Scripted } from './answers.js';
import { memoryOutput } from './memory-output.js';
import { ApiKey } from '../../src/base/secret.js';
import { type Keyring } from '../../src/config/keyring.js';
import { ProfileStore, type Profile } from '../../src/config/profiles.js';
import { VirtualClock } from './clock.js';
import { parseJson } from './readers.js';
import { ROOT } from './root.js';
import { REQUEST_ID } from './server.js';
import { wordsOf, type Words } from './words.js';

export const SUPERVISOR = 'https://supervisor-test.example';
export const CORE = 'https://core-test.example';
export const KEY = 'ld_pk_4f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c';
export const DEPLOYMENT = 7261845022003200001n;
export const ACTIVITIES = `/deployments/${DEPLOYMENT}/activities`;

const AUTHORISED = { reqheaders: { 'ld-api-key': KEY } };
const HEADERS = { 'content-type': 'application/json', 'ld-request': REQUEST_ID };

export interface CommandEnd {
  code: number | undefined;
  stdout: string;
  stderr: string;
}

type CommandClass = Pick<typeof BaseCommand, 'baseFlags' | 'flags'> &
  (new (argv: string[], config: Config, host: Host) => BaseCommand);

const config = await Config.load(import.meta.url);

const noKeyring: Keyring = {
  get: () => Promise.resolve(null),
  set: () => Promise.reject(new Error('no test stores a key in a keyring')),
  delete: () => Promise.resolve(),
};

/**
 * A command's whole world: environment, output, time and the API, all of it a test's own. Time
 * passes only while the command sleeps; give a run that is followed `--timeout 0`, or its deadline
 * comes while an answer is on its way.
 */
export class CommandBench {
  readonly clock = new VirtualClock();
  readonly folder = mkdtempSync(join(tmpdir(), 'ldctl-command-'));
  readonly env: Record<string, string | undefined> = {
    LD_API_KEY: KEY,
    LD_DEPLOYMENT_ID: String(DEPLOYMENT),
    LD_SUPERVISOR_URL: SUPERVISOR,
    LD_API_URL: CORE,
    LDCTL_CONFIG_DIR: join(this.folder, 'config'),
  };
  platform = process.platform;
  program: Program = packageProgram(ROOT);
  /** Whether stdin and stderr are a terminal's; stdout is piped on. */
  isTerminal = false;
  /** What the person at the terminal answers, in this order. */
  readonly answers: Scripted[] = [];
  /** The questions, with what there was to choose from: `Sure?: no / yes`. */
  readonly asked: string[] = [];
  /** How wide the terminal of stdout is; null where it is piped on. */
  screen: number | null = null;
  /** What is piped into the command. */
  input = '';
  readonly #interrupt = new AbortController();

  constructor() {
    nock.disableNetConnect();
  }

  /** The Supervisor, which wants the key with every request. Each answer is given once. */
  readonly supervisor = nock(SUPERVISOR, AUTHORISED).defaultReplyHeaders(HEADERS);
  /** The Core API, the same. */
  readonly core = nock(CORE, AUTHORISED).defaultReplyHeaders(HEADERS);

  /** From now on every read of the log shows these, or what is given at that moment. */
  showLog(log: readonly Activity[] | (() => readonly Activity[])): void {
    const entries = typeof log === 'function' ? log : () => log;
    nock(SUPERVISOR, AUTHORISED)
      .defaultReplyHeaders(HEADERS)
      .persist()
      .get(ACTIVITIES)
      .query(true)
      .reply(200, () => page(entries()));
  }

  /** The same for a log of several pages, each as long as it is asked for. */
  showPages(
    log: readonly Activity[] | (() => readonly Activity[]),
    onRead: (asked: { uri: string; number: number }) => void,
  ): void {
    nock(SUPERVISOR, AUTHORISED)
      .defaultReplyHeaders(HEADERS)
      .persist()
      .get(ACTIVITIES)
      .query(true)
      .reply(200, (uri) => {
        const query = new URL(uri, SUPERVISOR).searchParams;
        const [number, results] = [Number(query.get('page')), Number(query.get('results'))];
        onRead({ uri, number });
        const entries = typeof log === 'function' ? log() : log;
        const items = entries.slice((number - 1) * results, number * results);
        return page(items, { number, results, total: entries.length });
      });
  }

  /** The log shows `after` as well, once something was posted. */
  logGrows(before: readonly Activity[], after: readonly Activity[] = []): void {
    let posted = false;
    this.supervisor.on('request', ({ method }) => (posted ||= method === 'POST'));
    this.showLog(() => (posted ? [...after, ...before] : before));
  }

  /** Keeps a profile named `prod`. */
  async addProfile(fields: Partial<Profile> = {}): Promise<void> {
    await new ProfileStore(this.env.LDCTL_CONFIG_DIR ?? '', this.clock).add({
      ...{ name: 'prod', tenant_id: 7261845022003200007n, deployment_id: DEPLOYMENT },
      ...{ supervisor_url: SUPERVISOR, api_url: CORE },
      key: { store: 'file', api_key: new ApiKey(KEY) },
      ...fields,
    });
  }

  /** The server's `date` header, which is in time with the virtual clock. */
  serverDate(): string {
    return new Date(this.clock.now()).toUTCString();
  }

  interrupt(signal: 'SIGINT' | 'SIGTERM'): void {
    this.#interrupt.abort(new Interrupted(signal));
  }

  /** Runs a command to its end, in virtual time. */
  async run(Command: CommandClass, ...words: Words[]): Promise<CommandEnd> {
    const argv = words.flatMap(wordsOf);
    const terminals = {
      stderr: { isTTY: this.isTerminal, colour: false },
      ...(this.screen !== null && { stdout: { isTTY: true, colour: false, columns: this.screen } }),
    };
    // As `main` does.
    const flags = { ...Command.baseFlags, ...Command.flags };
    const line = readCommandLine(['it', ...argv], { it: { flags } });
    const output = memoryOutput(terminals, printOptionsOf(line.flags));
    const command = new Command(argv, config, {
      program: this.program,
      env: this.env,
      platform: this.platform,
      output,
      stderr: process.stderr,
      stdin: Object.assign(new PassThrough().end(this.input), {
        isTTY: this.isTerminal,
      }) as unknown as NodeJS.ReadStream,
      clock: this.clock,
      mayBeSent: false,
      keyring: noKeyring,
      newIdempotencyKey: () => 'a-random-key',
      catchInterrupts: () => ({
        signal: this.#interrupt.signal,
        inTwoStages: () => new AbortController().signal,
        release: () => undefined,
      }),
      ...(this.isTerminal && { prompts: scriptedAnswers(this.answers, this.asked) }),
    });
    await this.clock.run(command['_run']());
    return { code: command.exitCode, stdout: output.stdout.text, stderr: output.stderr.text };
  }

  /** The same. @throws AssertionError when it ends with another code */
  async ends(code: number, Command: CommandClass, ...words: Words[]): Promise<CommandEnd> {
    const ended = await this.run(Command, ...words);
    assert.equal(ended.code, code, ended.stderr);
    return ended;
  }

  /** The JSON that a command prints, its ids as bigint. @throws AssertionError for another code */
  async json<T = unknown>(code: number, Command: CommandClass, ...words: Words[]): Promise<T> {
    return parseJson((await this.ends(code, Command, ...words, '-o json')).stdout) as T;
  }

  /** Clears up. @throws AssertionError when an answer was prepared that nobody asked for */
  close(): void {
    const unused = nock.pendingMocks();
    nock.cleanAll();
    nock.enableNetConnect();
    rmSync(this.folder, { recursive: true, force: true });
    assert.deepEqual(unused, []);
    assert.deepEqual(this.answers, [], 'nobody asked');
  }
}

/** A test for each of these mistakes, found before anything is read or sent: exit 2, and why. */
export function refuses(
  Command: CommandClass,
  mistakes: ReadonlyArray<readonly [words: Words, says: RegExp]>,
): void {
  for (const [words, says] of mistakes) {
    const typed = wordsOf(words).map((word) => word.slice(0, 40) || "''");
    it(`refuses ${typed.join(' ')}`, async () => {
      const bench = new CommandBench();
      const { stderr } = await bench.ends(2, Command, words).finally(() => bench.close());
      assert.match(stderr, says);
    });
  }
}

/** A page of the log as the API sends it. */
export function page(
  items: readonly Activity[],
  { number = 1, results = 100, total = items.length } = {},
): string {
  return stringifyJson({
    items,
    page: number,
    total_results: total,
    total_pages: Math.ceil(total / results),
  });
}

export function problem(status: number, code: string, reason: string): string {
  return stringifyJson({
    type: 'about:blank',
    title: 'Error',
    code,
    reason,
    instance: REQUEST_ID,
    status,
  });
}

/** An entry of the log: a restart of iggy, completed. */
export function entry(fields: Partial<Activity> & Pick<Activity, 'id' | 'node_id'>): Activity {
  return {
    tenant_id: 7261845022003200007n,
    deployment_id: DEPLOYMENT,
    author_id: 42n,
    runtime: 'iggy',
    action: 'restart',
    status: 'completed',
    created_at: '2026-06-01T12:00:01.000Z',
    finished_at: '2026-06-01T12:00:05.500Z',
    ...fields,
  };
}
