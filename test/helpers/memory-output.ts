import { Writable } from 'node:stream';
import { Output, Sink, type PrintOptions } from '../../src/output/streams.js';

/**
 * What a sink in memory pretends to be. Off a terminal unless told otherwise; colour goes with
 * `isTTY`.
 */
export interface Terminal {
  isTTY: boolean;
  colour: boolean;
  columns: number;
  rows: number;
}

/** A sink that keeps what is written to it. */
export class MemorySink extends Sink {
  readonly #stream: Writable;
  #text = '';

  constructor({ isTTY = false, columns = 80, rows = 24, colour }: Partial<Terminal>) {
    const write = (chunk: string, _encoding: string, done: () => void): void => {
      this.#text += chunk;
      done();
    };
    const stream = Object.assign(new Writable({ decodeStrings: false, write }), {
      isTTY,
      columns,
      rows,
    });
    super(stream, colour === false ? { NO_COLOR: '1' } : {});
    this.#stream = stream;
  }

  get text(): string {
    return this.#text;
  }

  get lines(): string[] {
    return this.text.split('\n').slice(0, -1);
  }

  /** The reader goes away, as `head` does. */
  close(): void {
    this.#stream.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
  }
}

export class MemoryOutput extends Output {
  declare readonly stdout: MemorySink;
  declare readonly stderr: MemorySink;
}

const PLAIN: PrintOptions = {
  ...{ format: 'table', header: true, numberIds: false, utc: false },
  ...{ quiet: false, debug: false },
};

/** An output for tests. What is said of both sinks can be overruled for one. */
export function memoryOutput(
  terminals: Partial<Terminal> & { stdout?: Partial<Terminal>; stderr?: Partial<Terminal> } = {},
  options: Partial<PrintOptions> = {},
): MemoryOutput {
  const { stdout, stderr, ...both } = terminals;
  return new MemoryOutput(
    new MemorySink({ ...both, ...stdout }),
    new MemorySink({ ...both, ...stderr }),
    { ...PLAIN, ...options },
  );
}
