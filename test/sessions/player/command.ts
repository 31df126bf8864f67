import { EventEmitter } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { environmentKeys } from '../../../src/base/secret.js';
import { type Env } from '../../../src/base/text.js';
import {
  printOptionsOf,
  readCommandLine,
  unaskedBy,
  type ReadFlag,
} from '../../../src/cli/line/argv.js';
import { packageProgram, readManifest, type Host } from '../../../src/cli/host.js';
import { catchInterrupts } from '../../../src/cli/signals.js';
import { runLine } from '../../../src/main.js';
import { Output, Sink, type OutputStream } from '../../../src/output/streams.js';
import { ROOT } from '../../helpers/root.js';
import { type CloudOfSession, type Exchange, type Sent } from './cloud.js';
import { checkDocuments } from './documents.js';
import { type Machine } from './machine.js';
import { type ScreenTerminal } from './terminal.js';
import { CommandClock, Waits, type SessionTime } from './time.js';
import { Transcript, type Stream } from './transcript.js';

const program = packageProgram(ROOT);
const { commands } = readManifest(program);

/** What a command runs in. */
export interface Surroundings {
  time: SessionTime;
  cloud: CloudOfSession;
  machine: Machine;
  env: Env;
  /** What is piped into it. */
  input: string;
  /** Null: stdin, stdout and stderr are no terminal. */
  terminal: ScreenTerminal | null;
  newKey: () => string;
  runGate: NonNullable<Host['runGate']>;
  onLine: (stream: Stream, line: string) => void;
  /** Called after each write, with all that was written so far. */
  onSaid: (said: string) => void;
  onExchange: (exchange: Exchange) => void;
}

/** One run of ldctl, by the path that `bin/run.js` takes, from its argv to its exit code. */
export class Command {
  readonly sent: Sent = { posts: 0, ran: 0 };
  readonly #transcript: Transcript;
  readonly #waits = new Waits();
  readonly #signals = new EventEmitter();
  readonly #agent;
  isOver = false;

  constructor(
    private readonly argv: readonly string[],
    private readonly world: Surroundings,
  ) {
    this.#transcript = new Transcript(world.machine.home, world.onLine);
    this.#agent = world.cloud.connect(this.#waits, this.sent, world.onExchange);
  }

  get said(): Readonly<Record<Stream, string>> {
    return this.#transcript.said;
  }

  /** Whether it does something else than to wait for time to pass, or for a key. */
  get isAtWork(): boolean {
    return !this.isOver && (this.#agent.isBusy || !(this.#waits.any || this.#readsKeys));
  }

  /** Whether it waits for a key. */
  get isAsking(): boolean {
    return this.#readsKeys && !this.#waits.any;
  }

  get #readsKeys(): boolean {
    return this.world.terminal?.isRaw === true;
  }

  /** @throws Error where it has none, or waits for no key */
  get keyboard(): ScreenTerminal {
    const { terminal } = this.world;
    if (!terminal || !this.isAsking) throw new Error('it asks nothing now');
    return terminal;
  }

  signal(name: 'SIGINT' | 'SIGTERM' | 'SIGHUP'): void {
    if (name === 'SIGINT') {
      // In raw mode the terminal sends none, but the key.
      if (this.#readsKeys) return this.world.terminal?.press('ctrl-c');
      this.world.terminal?.draw('^C');
    }
    if (!this.#signals.emit(name, name)) throw new Error(`it does not listen to ${name}`);
  }

  /** @returns its exit code. @throws AssertionError for JSON that is not as its schema has it */
  async run(): Promise<number> {
    const line = readCommandLine(this.argv, commands);
    let made: Host | undefined;
    const killed = new Promise<number>((resolve) => this.#signals.once('exit', resolve));
    const ended = runLine(this.argv, program, (flags) => (made ??= this.#host(flags)));
    const code = await Promise.race([killed, ended]).finally(() => (this.isOver = true));
    this.#transcript.end();
    const { strangers } = this.#agent;
    if (strangers.length > 0) {
      throw new Error(`it asked ${[...new Set(strangers)].join()}, which is no session's`);
    }
    if (!this.world.terminal) checkDocuments(line, this.said.stdout);
    return code;
  }

  #host(flags: readonly ReadFlag[]): Host {
    const { time, machine, env, input, terminal, newKey, runGate } = this.world;
    const clock = new CommandClock(time, this.#waits, machine);
    const stderr = this.#stream('stderr');
    const sink = (stream: OutputStream): Sink =>
      Object.assign(new Sink(stream, env), { now: () => clock.now() });
    const output = new Output(sink(this.#stream('stdout')), sink(stderr), printOptionsOf(flags));
    for (const key of environmentKeys(env)) output.redact(key);
    const piped = Object.assign(new PassThrough().end(input), { isTTY: false });
    const signals = Object.assign(this.#signals, {
      exit: (code: number) => void this.#signals.emit('exit', code),
    });
    return {
      ...{ program, env, platform: 'linux', output, clock, mayHaveSent: false, runGate },
      unaskedBy: unaskedBy(flags, env),
      stderr: stderr as unknown as NodeJS.WriteStream,
      stdin: terminal?.stdin ?? (piped as unknown as NodeJS.ReadStream),
      keyring: machine.keyring,
      newIdempotencyKey: newKey,
      catchInterrupts: () => catchInterrupts(output, signals as unknown as NodeJS.Process),
      agent: this.#agent,
    };
  }

  #stream(name: Stream): OutputStream {
    const hear = (text: string): void => {
      this.#transcript.write(name, text);
      this.world.onSaid(this.said.stdout + this.said.stderr);
    };
    const write = (text: string, _encoding: string, done: () => void): void => {
      hear(text);
      done();
    };
    return this.world.terminal?.stream(hear) ?? new Writable({ decodeStrings: false, write });
  }
}
