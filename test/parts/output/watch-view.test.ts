import assert from 'node:assert/strict';
import { ApiKey } from '../../../src/base/secret.js';
import { createWatchView } from '../../../src/output/views.js';
import { changeWriter } from '../../../src/output/views/plain.js';
import { VirtualClock } from '../../helpers/clock.js';
import { memoryOutput } from '../../helpers/memory-output.js';
import { activity, HOSTILE, processing, written } from './support/samples.js';

const TERMINAL = { isTTY: true, colour: false } as const;
const clock = new VirtualClock();

it('a log that is followed into a pipe is there, oldest first, though stderr is a terminal', async () => {
  const output = written(memoryOutput({ stderr: TERMINAL }));
  const view = await createWatchView(output, { follow: true, place: 'prod', clock });
  view.on({
    event: 'listing',
    activities: [processing({ id: 8n }), activity({ id: 7n })],
    total: 2,
  });
  view.stop();
  assert.match(output.stdout.text, /activity 7 completed \(4\.8s\)\n.*activity 8 processing\n$/);
  assert.equal(output.stderr.text, '');
});

it('a followed log masks a key that its lines would break in two', async () => {
  const key = `ld_pk_${'4f9a8b7c6d5e'.repeat(4)}`;
  const output = memoryOutput({ ...TERMINAL, columns: 40 });
  output.redact(new ApiKey(key));
  const view = await createWatchView(written(output, { columns: ['node', 'action'] }), {
    ...{ follow: false, place: 'prod', clock },
  });
  view.on({ event: 'listing', activities: [processing({ action: key })], total: 1 });
  view.stop();
  // oxlint-disable-next-line no-control-regex -- what log-update puts between the two parts
  const text = output.stderr.text.replace(/\u001B\[[?\d;]*[A-Za-z]|\n/g, '');
  assert.ok(!text.includes('4f9a8b7c6d5e4f'), text);
  assert.match(text, /610809900976570889 +ld_pk_…6d5e/);
});

it('two deployments that are followed may have entries of the same id', async () => {
  const [first, second] = [71n, 72n].map((deployment_id) => activity({ id: 7n, deployment_id }));
  assert.ok(first && second);
  const events = [
    { event: 'listing', activities: [first], total: 1 },
    { event: 'activity', activity: second },
  ] as const;
  const lines = memoryOutput();
  const screen = memoryOutput(TERMINAL);
  for (const output of [written(lines, { format: 'ndjson' }), written(screen)]) {
    const view = await createWatchView(output, { follow: true, place: '2 deployments', clock });
    events.forEach((event) => view.on(event));
    view.stop();
  }
  assert.match(lines.stdout.text, /"event":"result","total":2,/);
  assert.match(screen.stderr.text, /^2 entries, /m);
});

it('the line of what has changed is harmless, whatever a hostile API says', () => {
  const output = memoryOutput();
  changeWriter(output, 'node', []).change({}, HOSTILE);
  assert.doesNotMatch(output.stdout.text, /[^ -~\n]|\n./);
});
