import assert from 'node:assert/strict';
import { type IncomingHttpHeaders } from 'node:http';
import { MAX_ANSWER_BYTES, readBody } from '../../../src/api/answer-body.js';

/** What is read of a body that comes in these pieces, and how many of them were taken. */
async function read(pieces: readonly Buffer[], headers: IncomingHttpHeaders = {}) {
  let taken = 0;
  // eslint-disable-next-line @typescript-eslint/require-await -- the stream of an answer is one
  async function* chunks(): AsyncGenerator<Buffer> {
    for (const piece of pieces) {
      taken++;
      yield piece;
    }
  }
  return { ...(await readBody(chunks(), headers)), taken };
}

const MIB = Buffer.alloc(1024 * 1024, '[');

describe('the body of an answer', () => {
  it('is UTF-8, also where a character is cut in two', async () => {
    const bytes = Buffer.from('{"name":"Zürich"}');
    const cut = bytes.indexOf(0xc3) + 1;
    const { body } = await read([bytes.subarray(0, cut), bytes.subarray(cut)]);
    assert.equal(body, '{"name":"Zürich"}');
    assert.deepEqual(await read([]), { body: '', taken: 0 });
  });

  it('may say that it is not encoded', async () => {
    for (const encoding of ['identity', ' Identity ', '']) {
      assert.deepEqual(await read([Buffer.from('{}')], { 'content-encoding': encoding }), { body: '{}', taken: 1 });
    }
  });

  it('is not read when it is', async () => {
    for (const encoding of ['gzip', 'br', 'identity, gzip']) {
      const result = await read([Buffer.from('{}')], { 'content-encoding': encoding });
      assert.deepEqual(result, { body: '', bodyError: 'encoded', taken: 0 });
    }
  });

  it('may have 32 MiB, and no byte more', async () => {
    const most = Array.from({ length: 32 }, () => MIB);
    assert.equal((await read(most, { 'content-length': String(MAX_ANSWER_BYTES) })).body.length, 32 * 1024 * 1024);
    const more = await read([...most, Buffer.from('['), MIB]);
    assert.deepEqual(more, { body: '', bodyError: 'too_large', taken: 33 });
    const told = await read([MIB], { 'content-length': String(MAX_ANSWER_BYTES + 1) });
    assert.deepEqual(told, { body: '', bodyError: 'too_large', taken: 0 });
  });
});
