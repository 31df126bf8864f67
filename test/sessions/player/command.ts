import { EventEmitter } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { environmentKeys } from '../../../src/base/secret.js';
import { type Env } from '../../../src/base/text.js';
import { printOptionsOf, readCommandLine } from '../../../src/cli/argv.js';
import { packageProgram, readManifest, type Host } from '../../../src/cli/host.js';
import { catchInterrupts } from '../../../src/cli/signals.js';
import { runLine } from '../../../src/main.js';
import { Output, Sink } from '../../../src/output/streams.js';
import { ROOT } from '../../helpers/root.js';
import { type CloudOfSession, type Sent } from './cloud.js';
import { checkDocuments } from './documents.js';
import { type Machine } from './machine.js';
import { CommandClock, Waits, type SessionTime } from './time.js';
import { Transcript } from './transcript.js';

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
  newKey: () => string;
  /** Called after each write, with all that was written so far. */
  onSaid: (said: string) => void;
}

/** One run of ldctl, by the path that `bin/run.js` takes, from its argv to its exit code. */
export class Command {
  readonly transcript: Transcript;
  readonly sent: Sent = { posts: 0, ran: 0 };
  readonly #waits = new Waits();
  readonly #signals = new EventEmitter();
  readonly #agent;
  #isOver = false;

  constructor(
    private readonly argv: readonly string[],
    private readonly world: Surroundings,
  ) {
    this.transcript = new Transcript(world.machine.home);
    this.#agent = world.cloud.connect(this.#waits, this.sent);
  }

  /** Whether it does something else than to wait for time to pass. */
  get isAtWork(): boolean {
    return !this.#isOver && (this.#agent.isBusy || !this.#waits.any);
  }

  signal(name: 'SIGINT' | 'SIGTERM' | 'SIGHUP'): void {
    if (!this.#signals.emit(name, name)) throw new Error(`it does not listen to ${name}`);
  }

  /** @returns its exit code. @throws AssertionError for JSON that is not as its schema has it */
  async run(): Promise<number> {
    const line = readCommandLine(this.argv, commands);
    let made: Host | undefined;
    const killed = new Promise<number>((resolve) => this.#signals.once('exit', resolve));
    const ended = runLine(this.argv, program, (flags) => (made ??= this.#host(flags)));
    const code = await Promise.race([killed, ended]);
    this.#isOver = true;
    this.transcript.end();
    const { strangers } = this.#agent;
    if (strangers.length > 0) {
      throw new Error(`it asked ${[...new Set(strangers)].join()}, which is no session's`);
    }
    checkDocuments(line, this.transcript.said.stdout);
    return code ?? -1;
  }

  #host(flags: Parameters<typeof printOptionsOf>[0]): Host {
    const { time, machine, env, input, newKey } = this.world;
    const clock = new CommandClock(time, this.#waits, machine);
    const sink = (stream: 'stdout' | 'stderr'): Sink => {
      const to = new Sink(this.#stream(stream), env);
      to.now = () => clock.now();
      return to;
    };
    const output = new Output(sink('stdout'), sink('stderr'), printOptionsOf(flags));
    for (const key of environmentKeys(env)) output.redact(key);
    const stdin = Object.assign(new PassThrough().end(input), { isTTY: false });
    const signals = Object.assign(this.#signals, {
      exit: (code: number) => void this.#signals.emit('exit', code),
    });
    return {
      ...{ program, env, platform: 'linux', output, clock, mayBeSent: false },
      stderr: this.#stream('stderr') as unknown as NodeJS.WriteStream,
      stdin: stdin as unknown as NodeJS.ReadStream,
      keyring: machine.keyring,
      newIdempotencyKey: newKey,
      catchInterrupts: () => catchInterrupts(output, signals as unknown as NodeJS.Process),
      agent: this.#agent,
    };
  }

  #stream(name: 'stdout' | 'stderr'): Writable {
    return new Writable({
      decodeStrings: false,
      write: (text: string, _encoding, done) => {
        this.transcript.write(name, text);
        this.world.onSaid(this.transcript.said.stdout + this.transcript.said.stderr);
        done();
      },
    });
  }
}
