// A process whose stderr believes it is a terminal, with a live view on it: for tests of what becomes of the cursor.
import { systemClock } from '../../../../src/base/clock.js';

Object.assign(process.stderr, { isTTY: true, columns: 80, rows: 24 });
// Loaded only now: log-update looks at stderr as soon as it is loaded.
const { processOutput } = await import('../../../../src/output/streams.js');
const { createRunView, systemEvery } = await import('../../../../src/output/views.js');

const view = await createRunView(processOutput({ TERM: 'xterm' }, process.stdout, process.stderr), {
  format: 'table',
  quiet: false,
  numberIds: false,
  title: { doing: 'Restarting iggy', place: 'sandbox', nodes: null },
  clock: systemClock,
  every: systemEvery,
  onSuspend: () => () => undefined,
});
view.on({ event: 'progress', nodes: [] });
process.stdin.once('data', (command: Buffer) => {
  switch (command.toString()) {
    case 'stop':
      view.stop();
      process.stderr.write('stopped');
      break;
    case 'exit':
      process.exit(7);
      break;
    default:
      throw new Error('not foreseen');
  }
});
