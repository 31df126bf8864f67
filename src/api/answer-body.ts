import { type IncomingHttpHeaders } from 'node:http';

/** Answers over this many bytes are refused without being read to the end (design, "Network"). */
export const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

const DECODER = new TextDecoder();

/** Why a body was not read: it is compressed, though nobody asked for that, or too large. */
export type BodyError = 'encoded' | 'too_large';

export interface AnswerBody {
  /** Empty when it was not read. */
  body: string;
  bodyError?: BodyError;
}

/** Reads a body as UTF-8, to its end or until it turns out to be one that is refused. */
export async function readBody(chunks: AsyncIterable<Buffer>, headers: IncomingHttpHeaders): Promise<AnswerBody> {
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? '';
  if (encoding !== '' && encoding !== 'identity') return { body: '', bodyError: 'encoded' };
  if (Number(headers['content-length'] ?? 0) > MAX_ANSWER_BYTES) return { body: '', bodyError: 'too_large' };
  const read: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    // The length may have been left out, so what comes is counted as well.
    if (size > MAX_ANSWER_BYTES) return { body: '', bodyError: 'too_large' };
    read.push(chunk);
  }
  const [only] = read;
  return { body: DECODER.decode(read.length === 1 ? only : Buffer.concat(read)) };
}
