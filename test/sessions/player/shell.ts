import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { type CloudOfSession, type Sent } from './cloud.js';
import { Command, type Surroundings } from './command.js';
import { formatDuration } from '../../../src/base/durations.js';
import { type Machine } from './machine.js';
import { type ScreenTerminal } from './terminal.js';
import { shownLine } from './transcript.js';
import { readTask, type Task } from './words.js';

/** What all shells of a session share. */
export interface ShellTools extends Pick<
  Surroundings,
  'time' | 'cloud' | 'newKey' | 'runGate' | 'onSaid' | 'onExchange'
> {
  /** Takes what is to be shown, with the letter of its shell. */
  show: (line: string) => void;
}

/** A command that was started. */
export interface Running {
  command: Command;
  startedAt: number;
  terminal: ScreenTerminal | null;
  /** Rejects when something else than the command went wrong. */
  ended: Promise<void>;
}

/** One person at a shell: a machine, variables, and the command that runs. */
export class Shell {
  running: Running | null = null;
  readonly #env: Record<string, string | undefined>;
  /** What the last command printed. */
  #said = '';

  constructor(
    readonly name: string,
    public machine: Machine,
    private readonly tools: ShellTools,
  ) {
    this.#env = environmentOf(tools.cloud);
  }

  /**
   * Does what a line says; a command of ldctl is only started.
   * @throws Error for what this shell does not know
   */
  start(line: string, terminal: ScreenTerminal | null): void {
    const task = readTask(this.#typed(line), this.#lookUp);
    switch (task.do) {
      case 'ldctl':
        this.running = this.#run(task, terminal);
        break;
      case 'write':
        this.#write(task.file, task.text);
        break;
      case 'cat':
        for (const shown of this.#lookUp.file(task.file).trimEnd().split('\n')) {
          this.#show(`  ${shownLine(shown, this.machine.home)}`.trimEnd());
        }
        break;
      case 'rm':
        rmSync(this.machine.path(task.file));
        break;
      case 'export':
        Object.assign(this.#env, task.env);
        break;
      case 'unset':
        for (const name of task.names) Reflect.deleteProperty(this.#env, name);
    }
  }

  #show(line: string): void {
    this.tools.show(this.name + line);
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
      const { keys } = this.tools.cloud.sandbox.cloud;
      const others = { READONLY_KEY: keys.readonly.value, MINIMAL_KEY: keys.minimal.value };
      const value = this.#env[name] ?? (others as Record<string, string | undefined>)[name];
      if (value === undefined) throw new Error(`there is no variable ${name}`);
      return value;
    },
    file: (name: string): string => readFileSync(this.machine.path(name), 'utf8'),
  };

  #write(file: string, text: string): void {
    const path = this.machine.path(file);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, text, { mode: 0o600 });
  }

  #run(
    { argv, env, input, to }: Extract<Task, { do: 'ldctl' }>,
    terminal: ScreenTerminal | null,
  ): Running {
    const { machine, tools } = this;
    const { time } = tools;
    const expanded = ([name, value = '']: [string, string?]) => [name, machine.expand(value)];
    const variables = { LDCTL_CONFIG_DIR: '~/config', ...this.#env, ...env };
    const startedAt = time.elapsed();
    const command = new Command(
      argv.map((word) => machine.expand(word)),
      {
        ...tools,
        ...{ machine, input, terminal },
        env: Object.fromEntries(Object.entries(variables).map(expanded)) as Surroundings['env'],
        onLine: (stream, line) => {
          if (!terminal && (to === null || stream === 'stderr')) this.#show(line);
        },
      },
    );
    const ended = command.run().then((code) => {
      const { said, sent } = command;
      machine.dateRecords(time.now() + machine.clockOffset);
      this.#said = stripVTControlCharacters(said.stdout + said.stderr);
      if (to !== null) this.#write(to, said.stdout);
      if (!terminal) this.#show(endText(code, time.elapsed() - startedAt, sent));
      else this.#end = endText(code, time.elapsed() - startedAt, sent);
    });
    return { command, startedAt, terminal, ended };
  }

  #end = '';

  /** How a command at a terminal has ended: shown once its last screen is. */
  showEnd(): void {
    if (this.#end !== '') this.#show(this.#end);
    this.#end = '';
  }
}

function environmentOf({ sandbox, url }: CloudOfSession): Record<string, string> {
  const { keys, structure, main } = sandbox.cloud;
  return {
    ...{ LD_API_KEY: keys.admin.value, LD_TENANT_ID: String(structure.id) },
    ...{ LD_API_URL: url, LD_SUPERVISOR_URL: url, LD_DEPLOYMENT_ID: String(main.summary.id) },
  };
}

/** `= exit 8 after 10s, sent 1, ran 1` */
function endText(code: number, ms: number, { posts, ran }: Sent): string {
  const took = ms > 0 ? ` after ${formatDuration(ms)}` : '';
  return `= exit ${code}${took}, sent ${posts}${posts > 0 ? `, ran ${ran}` : ''}`;
}
