/** Places of src/job and src/log that may be broken so without any difference, and why. */
export const EQUIVALENT: Readonly<Record<string, string>> = {
  'src/job/roll.ts: if (!node || !run) { -> if (!node && !run) {':
    'a gate is only asked after a node that has a run',
  'src/job/drive.ts: interrupt(fact); -> ;':
    'a step is broken off by the signal, which has put the interrupt into the inbox',
};
