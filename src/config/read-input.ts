import { constants, createReadStream, fstatSync, openSync, type Stats } from 'node:fs';
import { Socket } from 'node:net';
import { addAbortSignal, type Readable } from 'node:stream';
import { isatty, ReadStream } from 'node:tty';

/** It holds more than what is looked for could be: the wrong file, or one without an end. */
export class InputTooLong extends Error {}

export interface InputOptions {
  /** In bytes. */
  limit: number;
  signal?: AbortSignal | undefined;
  /** Gets what kind of file it is, before it is read. */
  onStats?: (stats: Stats) => void;
}

/**
 * Reads the text of a file that a user names, which may be a pipe as well (`<(pass show key)`). Where its writer is
 * silent, reading ends by the signal: no thread is blocked, as `readFile` has one wait for the writer of a FIFO.
 * @throws an error of the file system; InputTooLong; the signal's reason
 */
export async function readInput(path: string, { limit, signal, onStats }: InputOptions): Promise<string> {
  signal?.throwIfAborted();
  // Windows has no O_NONBLOCK, and counts what is undefined as 0.
  const stream = streamOf(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), onStats);
  if (signal) addAbortSignal(signal, stream);
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > limit) throw new InputTooLong(`it holds more than ${limit} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
  return decode(Buffer.concat(chunks));
}

/** Windows PowerShell writes UTF-16 with `>`, which its first two bytes say. */
function decode(bytes: Buffer): string {
  return bytes.toString(bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf16le' : 'utf8');
}

/** Reads an open file, and closes it. */
function streamOf(file: number, onStats?: (stats: Stats) => void): Readable {
  const stats = fstatSync(file);
  onStats?.(stats);
  if (stats.isFIFO()) return new Socket({ fd: file, readable: true, writable: false });
  return isatty(file) ? new ReadStream(file) : createReadStream('', { fd: file });
}
