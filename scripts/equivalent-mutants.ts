/** Places of src/job and src/log that may be broken so without any difference, and why; by file. */
export const EQUIVALENT: Readonly<Record<string, string>> = {
  'src/job/drive.ts: interrupt(fact); -> ;':
    'a step is broken off by the signal, which has put the interrupt into the inbox',
  'src/job/roll.ts: if (!node || !run) { -> if (!node && !run) {':
    'a gate is only asked after a node that has a run',
  "src/job/roll.ts: if (step.do === 'end' || step.do === 'wait') { -> if (step.do === 'end' && step.do === 'wait') {":
    'such a step then waits for nothing, and nobody asks which node it is of',
  "src/job/roll.ts: return { do: 'wait', until: Math.min(roll.deadline > now ? roll.deadline : Infinity, ...wakeAt) }; -> return { do: 'wait', until: Math.min(roll.deadline >= now ? roll.deadline : Infinity, ...wakeAt) };":
    'it wakes once more in the same moment',
  'src/job/run-read.ts: const age = formatDuration((baseline.date ?? 0) - Date.parse(created_at)); -> const age = formatDuration((baseline.date ?? 1) - Date.parse(created_at));':
    'only a baseline that has a date can be later than an entry',
  'src/job/watch.ts: const highest = log.entries[RECENT - 1]?.id ?? -1n; -> const highest = log.entries[RECENT + 1]?.id ?? -1n;':
    'the floor rises two entries later',
};
