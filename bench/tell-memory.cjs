// Loaded into a process: writes to descriptor 3, at its end, what it held, as JSON (`Memory` in timed.ts).
const { writeSync } = require('node:fs');
const { getHeapSpaceStatistics } = require('node:v8');

process.on('exit', () => {
  const young = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space');
  writeSync(3, JSON.stringify({ peakKb: process.resourceUsage().maxRSS, youngKb: young.space_size / 1024 }));
});
