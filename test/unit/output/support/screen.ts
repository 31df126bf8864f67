import { type MemorySink } from '../../../helpers/memory-output.js';

// eslint-disable-next-line no-control-regex -- escape sequences are what this reads
const TOKEN = /\u001B\[(\??)([\d;]*)([A-Za-z])|\n|[^\u001B\n]/gu;

/**
 * A terminal in miniature: what a user sees after everything that was written to a sink. It knows the sequences that
 * log-update uses, wraps at its right edge, scrolls, and breaks long lines when it becomes narrower, as tmux does.
 * Colours are dropped; all characters are one column wide.
 */
export class Screen {
  readonly #sink: MemorySink;
  #read = 0;
  #lines: string[] = [''];
  #row = 0;
  #column = 0;

  constructor(sink: MemorySink) {
    this.#sink = sink;
  }

  /** Everything on the screen and above it, without the empty line that the cursor stands on. */
  get lines(): string[] {
    this.#catchUp();
    const lines = this.#lines.map((line) => line.trimEnd());
    while (lines.length > 0 && lines.at(-1) === '') lines.pop();
    return lines;
  }

  resize(columns: number, rows: number): void {
    this.#catchUp();
    const broken = this.#lines.map((line) => line.match(new RegExp(`.{1,${columns}}`, 'gu')) ?? ['']);
    this.#row = broken.slice(0, this.#row).flat().length;
    this.#lines = broken.flat();
    this.#sink.resize(columns, rows);
  }

  #catchUp(): void {
    const text = this.#sink.text.slice(this.#read);
    this.#read = this.#sink.text.length;
    for (const [token, mark, digits, command] of text.matchAll(TOKEN)) {
      if (command !== undefined) this.#command(mark === '?' ? `?${command}` : command, Number(digits || '1'));
      else if (token === '\n') this.#moveTo(this.#row + 1, 0);
      else this.#put(token);
    }
  }

  #command(name: string, count: number): void {
    if (name === 'A') this.#moveTo(Math.max(this.#row - count, this.#top()), this.#column);
    else if (name === 'B') this.#moveTo(this.#row + count, this.#column);
    else if (name === 'G') this.#column = 0;
    else if (name === 'K') this.#erase(count);
    else if (name !== 'm' && name !== '?h' && name !== '?l') throw new Error(`the screen does not know ${name}`);
  }

  /** `ESC[2K` erases the line, `ESC[K` what is right of the cursor. */
  #erase(what: number): void {
    this.#lines[this.#row] = what === 2 ? '' : (this.#lines[this.#row] ?? '').slice(0, this.#column);
  }

  #put(character: string): void {
    if (this.#column === this.#sink.columns) this.#moveTo(this.#row + 1, 0);
    const line = Array.from((this.#lines[this.#row] ?? '').padEnd(this.#column));
    line[this.#column] = character;
    this.#lines[this.#row] = line.join('');
    this.#column += 1;
  }

  #moveTo(row: number, column: number): void {
    while (this.#lines.length <= row) this.#lines.push('');
    this.#row = row;
    this.#column = column;
  }

  #top(): number {
    return Math.max(0, this.#lines.length - this.#sink.rows);
  }
}
