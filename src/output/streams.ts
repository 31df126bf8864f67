import { styleText } from 'node:util';
import { onAbort } from '../base/clock.js';
import { LdctlError, OUTPUT_FAILED } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import type { ApiKey } from '../base/secret.js';
import { isOn, type Env } from '../base/text.js';

/** A broken pipe, as with `head`, or a terminal that was closed: no failure of ldctl. */
export const READER_GONE = new LdctlError(
  'done',
  'reader_gone',
  'the reader of the output went away',
);

const GONE_CODES: ReadonlySet<string | undefined> = new Set([
  'EPIPE',
  'EOF',
  'ECONNRESET',
  'ERR_STREAM_DESTROYED',
]);

export const FORMAT_NAMES = ['table', 'json', 'yaml', 'csv', 'ndjson'] as const;
export type FormatName = (typeof FORMAT_NAMES)[number];

/** What the output flags of every command ask for. */
export interface PrintOptions {
  format: FormatName;
  /** For table and CSV; other formats hold whole items. */
  columns?: readonly string[];
  header: boolean;
  numberIds: boolean;
  utc: boolean;
  /** Nothing on stderr but warnings and errors. */
  quiet: boolean;
  debug: boolean;
}

export type OutputStream = NodeJS.WritableStream & {
  isTTY?: boolean;
  columns?: number;
  rows?: number;
};

/** Colours of the terminal's theme, which fit its background. */
const STYLES = { ok: 'green', bad: 'red', busy: 'cyan', bold: 'bold', dim: 'dim' } as const;
export type StyleName = keyof typeof STYLES;

export type Paint = (style: StyleName | undefined, text: string) => string;

/**
 * How long the reader of each stream gets after an interrupt, so that the process ends within a
 * second.
 */
const GRACE_MS = 300;

/**
 * Breaks up what the runner of GitHub Actions would treat as a command: `##[…]` anywhere, `::…`
 * at the start of a line.
 */
function withoutCommands(text: string) {
  return text.replaceAll('##[', '## [').replace(/^([^\S\n]*):(?=:)/gm, '$1: ');
}

/**
 * Stdout or stderr: all output goes through one of the two. Colour only on a TTY without `NO_COLOR`
 * and `TERM=dumb`; as in gh, `FORCE_COLOR` and `CLICOLOR_FORCE` go before all of these.
 */
export class Sink {
  readonly isTTY: boolean;
  /** Whether lines already written can be replaced: a terminal that moves its cursor. */
  readonly canRedraw: boolean;
  readonly colour: boolean;
  readonly paint: Paint = (style, text) =>
    // Whether the stream shows colours is decided here, and not by Node.
    this.colour && style && text ? styleText(STYLES[style], text, { validateStream: false }) : text;
  /** What nodes are called, once their deployments are known. */
  names = new Map<Id, string>();
  /** They are masked. */
  keys: ApiKey[] = [];
  /** For ages: the wall clock, in milliseconds UTC. */
  now = (): number => Date.now();
  /** What programs read, such as JSON or CSV: it is written as it is. */
  isData = false;
  readonly #stream: OutputStream;
  readonly #gone = new AbortController();
  /** Aborted when nothing can be written any more: the reader has gone, or what has failed. */
  readonly gone: AbortSignal = this.#gone.signal;
  readonly #isRunner: boolean;
  /** Until all text was handed to the system. */
  #written = Promise.resolve();
  /** After it, a slow reader is given up. */
  #interrupt: LdctlError | undefined;

  constructor(stream: OutputStream, env: Env) {
    const { TERM, NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE, GITHUB_ACTIONS } = env;
    this.#stream = stream;
    this.isTTY = stream.isTTY === true;
    this.canRedraw = this.isTTY && TERM !== 'dumb';
    this.colour = isOn(FORCE_COLOR) || isOn(CLICOLOR_FORCE) || (this.canRedraw && !NO_COLOR);
    this.#isRunner = GITHUB_ACTIONS === 'true';
    stream.on('error', (error: NodeJS.ErrnoException) => this.#fail(error));
  }

  // Some pseudo-terminals say 0.
  get columns(): number {
    return this.#stream.columns || 80;
  }

  get rows(): number {
    return this.#stream.rows || 24;
  }

  /** @param how `command` for a text that the runner of GitHub Actions is to treat as a command */
  write(text: string, how?: 'command'): void {
    if (this.gone.aborted || text === '') return;
    const clean = this.masked(text);
    const isRead = this.#isRunner && !this.isData && how !== 'command';
    this.#written = new Promise((resolve) => {
      this.#stream.write(isRead ? withoutCommands(clean) : clean, () => resolve());
    });
  }

  /**
   * Resolves when all text was handed to the system, or the reader went away. A long output waits
   * for it after each chunk, so that it does not pile up in memory before a slow reader.
   * @throws LdctlError (exit 6) when writing failed for another reason, such as a full disk
   */
  async drained() {
    const interrupt = this.#interrupt;
    const timer = interrupt && setTimeout(() => this.#gone.abort(interrupt), GRACE_MS).unref();
    await new Promise<void>((resolve) => {
      const release = onAbort(this.gone, resolve);
      void this.#written.then(release).then(resolve);
    });
    clearTimeout(timer);
    const reason: unknown = this.gone.reason;
    if (this.gone.aborted && reason !== READER_GONE) throw reason;
  }

  /** A text as it may be written elsewhere, too: without any key. */
  masked(text: string): string {
    const kind = this.isData ? 'data' : 'text';
    return this.keys.reduce((masked, key) => key.scrub(masked, kind), text);
  }

  closeSoon(reason: LdctlError) {
    this.#interrupt = reason;
    // What is written already has as long, too.
    void this.drained().catch(() => undefined);
  }

  #fail(cause: NodeJS.ErrnoException) {
    // EIO means that the terminal was closed; of a file, a fault of the disk.
    const isGone = GONE_CODES.has(cause.code) || (cause.code === 'EIO' && this.isTTY);
    const name = (this.#stream as { fd?: number }).fd === 2 ? 'stderr' : 'stdout';
    // `ENOSPC: no space left on device, write`
    const why = /^\w+: (.*?)(?: on device)?,/.exec(cause.message)?.[1] ?? cause.message;
    const message = `cannot write to ${name}: ${why}`;
    this.#gone.abort(
      isGone ? READER_GONE : new LdctlError('unreachable', OUTPUT_FAILED, message, { cause }),
    );
  }
}

/** Stdout for data, stderr for people. */
export class Output {
  /** Nothing may be added to stdout, no error document either. */
  complete = false;
  /** What users are called, as far as that is known by now. */
  readonly people = new Map<Id, string>();
  /** What nodes are called, as both streams know it. */
  readonly names: Map<Id, string>;
  /** What each deployment is called, where there are several. */
  readonly places = new Map<Id, string>();
  /** The profile of each, where they were chosen by profiles. */
  readonly profiles = new Map<Id, string>();

  constructor(
    readonly stdout: Sink,
    readonly stderr: Sink,
    readonly options: PrintOptions,
  ) {
    stdout.isData = options.format !== 'table';
    // What one knows, the other does, too.
    this.names = stderr.names = stdout.names;
    stderr.keys = stdout.keys;
  }

  /** From now on this key is masked. */
  redact(key: ApiKey): void {
    this.stdout.keys.push(key);
  }

  /** Off a terminal times are in UTC, with a `Z`: a reader does not know the zone of this machine. */
  get inUtc(): boolean {
    return this.options.utc || !this.stdout.isTTY;
  }

  /** After an interrupt: a sink whose reader is slow is closed soon, with this as the reason. */
  closeSoon(reason: LdctlError): void {
    for (const sink of [this.stdout, this.stderr]) sink.closeSoon(reason);
  }
}
