import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { Interrupted } from '../../../src/base/errors.js';
import { type Host } from '../../../src/cli/host.js';
import { readStdin } from '../../../src/cli/prompts.js';

const never = new AbortController().signal;
const hostWith = (stdin: PassThrough): Host => ({ stdin }) as unknown as Host;

describe('piped stdin', () => {
  it('is read to its end, and not after a signal', async () => {
    assert.equal(await readStdin(hostWith(new PassThrough().end('x y')), never), 'x y');
    const stop = new AbortController();
    const reading = readStdin(hostWith(new PassThrough()), stop.signal);
    const reason = new Interrupted('SIGTERM');
    stop.abort(reason);
    await assert.rejects(reading, reason);
  });
});
