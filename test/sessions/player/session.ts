import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse as parseExactly } from 'lossless-json';
import { formatDuration } from '../../../src/base/durations.js';
import { type StartSandboxOptions } from '../../../src/sandbox/options.js';
import { CloudOfSession } from './cloud.js';
import { Command } from './command.js';
import { readEvent, type Event, type Scene, type When } from './events.js';
import { Machine } from './machine.js';
import { readScript, ScriptError, stepText, type Step } from './script.js';
import { SessionTime } from './time.js';
import { withHome } from './transcript.js';
import { readTask, type Task } from './words.js';

/** Plays a session. @returns its text, as it is now. @throws ScriptError */
export async function playSession(text: string): Promise<string> {
  const { steps } = readScript(text);
  const notes = steps.findIndex(({ is }) => is !== 'note');
  const [first] = steps.slice(notes);
  const settings = first?.is === 'event' && first.text.startsWith('sandbox ') ? first : null;
  const session = settings
    ? await inLine(settings, () => new Session(readSettings(settings.text)))
    : new Session({});
  const shown: string[] = [];
  let hasOutput = false;
  try {
    for (const step of steps) {
      const output = step === settings ? [] : await inLine(step, () => session.play(step));
      const isFirst = step === steps[notes];
      if (hasOutput || isFirst) shown.push('');
      shown.push(stepText(step), ...output);
      hasOutput = output.length > 0;
    }
    const last = steps.at(-1);
    if (last) await inLine(last, () => session.end());
  } catch (error) {
    if (error instanceof ScriptError) error.message += `\nso far:\n${shown.slice(-40).join('\n')}`;
    throw error;
  } finally {
    session.close();
  }
  return `${shown.join('\n')}\n`;
}

/** Ids are read digit for digit: whole numbers in a list are ids. */
function readSettings(text: string): StartSandboxOptions {
  const settings = parseExactly(text.slice('sandbox '.length), undefined, BigInt) as object;
  const options = Object.entries(settings).map(([name, value]: [string, unknown]) => [
    name,
    typeof value === 'bigint' ? Number(value) : value,
  ]);
  return Object.fromEntries(options) as StartSandboxOptions;
}

/** Lets an error say in which line it came. */
async function inLine<T>({ line }: Step, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new ScriptError(line, error.message, { cause: error });
  }
}

interface Armed {
  when: When;
  event: Event;
  step: Step;
}

/** A person at a shell, the machine that it is on, and the API. */
class Session implements Scene {
  readonly cloud: CloudOfSession;
  readonly #folder = realpathSync(mkdtempSync(join(tmpdir(), 'ldctl-session-')));
  readonly #time = new SessionTime(() => this.#running?.isAtWork ?? false);
  readonly #env: Record<string, string | undefined>;
  #machines = 1;
  #machine = new Machine(this.#folder, 'machine-1');
  #running: Command | null = null;
  /** What was printed by the last command. */
  #said = '';
  /** What is to happen while the next command runs. */
  #armed: Armed[] = [];
  #keys = 0;
  /** Ends the session: an event that was due could not happen. */
  #fail: (error: unknown) => void = () => undefined;

  constructor(options: StartSandboxOptions) {
    this.cloud = new CloudOfSession(this.#time, options);
    const { keys, structure, main } = this.cloud.sandbox.cloud;
    this.#env = {
      ...{ LD_API_KEY: keys.admin.value, LD_TENANT_ID: String(structure.id) },
      ...{ LD_API_URL: this.cloud.url, LD_SUPERVISOR_URL: this.cloud.url },
      LD_DEPLOYMENT_ID: String(main.summary.id),
    };
  }

  get now(): number {
    return this.#time.now();
  }

  wait(ms: number): Promise<void> {
    return this.#time.advance(ms);
  }

  useAnotherMachine(): void {
    this.#machine = new Machine(this.#folder, `machine-${(this.#machines += 1)}`);
  }

  setClock(offset: number): void {
    this.#machine.clockOffset = offset;
  }

  signal(name: Parameters<Scene['signal']>[0]): void {
    if (!this.#running) {
      throw new Error('no command runs: begin with "after 5s: " or \'when it says "TEXT": \'');
    }
    this.#running.signal(name);
  }

  /** @returns what there is to see of a step */
  async play(step: Step): Promise<string[]> {
    const { is, text } = step;
    if (is === 'note') return [];
    if (is === 'event') {
      const { when, event } = readEvent(text);
      if (when.is === 'now') await event(this);
      else this.#armed.push({ when, event, step });
      return [];
    }
    return this.#perform(readTask(this.#typed(text), this.#lookUp));
  }

  /** @throws Error for what was prepared, and never happened */
  end(): void {
    const never = this.#armed.map(({ step }) => `"${step.text}" never happened`);
    const left = [...never, ...this.cloud.unused];
    if (left.length > 0) throw new Error(left.join('; '));
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** `next` and `or` are the commands that were printed so, with what is typed after them. */
  #typed(text: string): string {
    const [, word, rest = ''] = /^(next|or)( .*)?$/s.exec(text) ?? [];
    if (word === undefined) return text;
    const printed = new RegExp(`^${word}: (ldctl .*)$`, 'm').exec(this.#said)?.[1];
    if (printed === undefined) throw new Error(`the last command printed no "${word}: "`);
    return printed + rest;
  }

  readonly #lookUp = {
    variable: (name: string): string => {
      const value = this.#env[name] ?? this.#known[name];
      if (value === undefined) throw new Error(`there is no variable ${name}`);
      return value;
    },
    file: (name: string): string => readFileSync(this.#machine.path(name), 'utf8'),
  };

  /** Variables that a line may use, and that no command gets. */
  get #known(): Record<string, string> {
    const { keys } = this.cloud.sandbox.cloud;
    return { READONLY_KEY: keys.readonly.value, MINIMAL_KEY: keys.minimal.value };
  }

  async #perform(task: Task): Promise<string[]> {
    switch (task.do) {
      case 'ldctl':
        return this.#run(task);
      case 'write':
        this.#write(task.file, task.text);
        return [];
      case 'cat':
        return this.#lookUp
          .file(task.file)
          .trimEnd()
          .split('\n')
          .map((line) => `  ${withHome(line, this.#machine.home)}`.trimEnd());
      case 'rm':
        rmSync(this.#machine.path(task.file));
        return [];
      case 'export':
        Object.assign(this.#env, task.env);
        return [];
      case 'unset':
        for (const name of task.names) Reflect.deleteProperty(this.#env, name);
        return [];
    }
  }

  #write(file: string, text: string): void {
    const path = this.#machine.path(file);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, text, { mode: 0o600 });
  }

  async #run({ argv, env, input, to }: Extract<Task, { do: 'ldctl' }>): Promise<string[]> {
    const machine = this.#machine;
    const expanded = ([name, value = '']: [string, string?]): [string, string] => [
      name,
      machine.expand(value),
    ];
    const command = new Command(
      argv.map((word) => machine.expand(word)),
      {
        ...{ time: this.#time, cloud: this.cloud, machine, input },
        env: Object.fromEntries(
          Object.entries({ LDCTL_CONFIG_DIR: '~/config', ...this.#env, ...env }).map(expanded),
        ),
        newKey: () => `00000000-0000-4000-8000-${String((this.#keys += 1)).padStart(12, '0')}`,
        onSaid: (said) => this.#hear(said),
      },
    );
    this.#running = command;
    const stop = this.#startTimers();
    const started = this.#time.elapsed();
    const failed = new Promise<never>((_, reject) => (this.#fail = reject));
    const code = await this.#time.run(Promise.race([command.run(), failed])).finally(() => {
      stop();
      this.#running = null;
    });
    this.end();
    const { lines, said } = command.transcript;
    this.#said = said.stdout + said.stderr;
    if (to !== null) this.#write(to, said.stdout);
    const seen = to === null ? lines : lines.filter((line) => line.startsWith('!'));
    return [...seen, endText(code, this.#time.elapsed() - started, command.sent)];
  }

  /** What was to happen after so long. @returns ends the timers */
  #startTimers(): () => void {
    const end = new AbortController();
    for (const armed of this.#armed) {
      if (armed.when.is !== 'after') continue;
      this.#time.sleep(armed.when.ms, end.signal).then(
        () => this.#fire(armed),
        () => undefined,
      );
    }
    return () => end.abort();
  }

  /** What was to happen once this was said. */
  #hear(said: string): void {
    const [next] = this.#armed.filter(({ when }) => when.is === 'said');
    if (next?.when.is === 'said' && said.includes(next.when.text)) this.#fire(next);
  }

  /** Not within what is being written, but right after it. */
  #fire(armed: Armed): void {
    this.#armed = this.#armed.filter((one) => one !== armed);
    setImmediate(() => {
      inLine(armed.step, () => armed.event(this)).catch((error: unknown) => this.#fail(error));
    });
  }
}

/** `exit 8 after 10s, sent 1, ran 1` */
function endText(code: number, ms: number, { posts, ran }: Command['sent']): string {
  const took = ms > 0 ? ` after ${formatDuration(ms)}` : '';
  return `= exit ${code}${took}, sent ${posts}${posts > 0 ? `, ran ${ran}` : ''}`;
}
