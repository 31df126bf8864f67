import assert from 'node:assert/strict';
import { type Activity } from '../../../src/base/activity.js';
import { ApiKey } from '../../../src/base/secret.js';
import { createWatchView } from '../../../src/output/views.js';
import { VirtualClock } from '../../helpers/clock.js';
import { memoryOutput } from '../../helpers/memory-output.js';
import { NODE, written } from './support/samples.js';

const TERMINAL = { isTTY: true, colour: false } as const;
const clock = new VirtualClock();

const small = (id: bigint, status: string): Activity => ({
  id,
  node_id: NODE,
  runtime: 'iggy',
  action: 'restart',
  status,
  created_at: '2026-03-16T11:59:58Z',
  finished_at: status === 'processing' ? null : '2026-03-16T12:00:03Z',
});
const listing = {
  event: 'listing',
  activities: [small(3n, 'processing'), small(2n, 'rejected'), small(1n, 'completed')],
  total: 3,
} as const;
const warning = { event: 'warning', code: 'unreadable', message: 'trying again' } as const;
const changed = { event: 'activity', activity: small(3n, 'completed') } as const;
const line = (id: number, status: string, at = '12:00:03'): string =>
  `2026-03-16 ${at}Z 610809900976570889 iggy restart, activity ${id} ${status}`;

it('a log that is followed into a pipe has its changes on stdout, the oldest first, and talk on stderr', async () => {
  for (const terminals of [{}, { stderr: TERMINAL }]) {
    const output = written(memoryOutput(terminals), {});
    const view = await createWatchView(output, { follow: true, place: 'prod', clock });
    for (const event of [listing, changed, warning]) view.on(event);
    view.stop();
    assert.deepEqual(output.stdout.lines, [
      line(1, 'completed (5.0s)'),
      line(2, 'rejected (5.0s)'),
      line(3, 'processing', '11:59:58'),
      line(3, 'completed (5.0s)'),
    ]);
    assert.deepEqual([output.stderr.lines, output.complete], [['warning: trying again'], true]);
  }
});

it('a followed log masks a key that its lines would break in two', async () => {
  const key = `ld_pk_${'4f9a8b7c6d5e'.repeat(4)}`;
  const output = memoryOutput({ stderr: { ...TERMINAL, columns: 40 } });
  output.redact(new ApiKey(key));
  const view = await createWatchView(written(output, { columns: ['node', 'action'] }), {
    ...{ follow: false, place: 'prod', clock },
  });
  view.on({ ...listing, activities: [{ ...small(3n, 'processing'), action: key }] });
  view.stop();
  // eslint-disable-next-line no-control-regex -- what log-update puts between the two parts
  const text = output.stderr.text.replace(/\u001B\[[?\d;]*[A-Za-z]|\n/g, '');
  assert.ok(!text.includes('4f9a8b7c6d5e4f'), text);
  assert.match(text, /610809900976570889 +ld_pk_…6d5e/);
});
