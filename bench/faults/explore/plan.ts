/** Where a fault can strike: a request of the client's, or something it writes into its journal. */
export type Place = 'POST' | 'GET' | 'journal';

/** What becomes of one exchange. "After" means after the server has carried it out. */
const POST_FAULTS = [
  'lost-before', // the connection breaks, the server got nothing
  'lost-after', // the server has carried it out, the answer never comes
  'late', // the client takes it for lost, and it reaches the server seconds later
  '503-after',
  '429',
  '499-after',
  'redirect-after',
  '403', // a definite no
  'entry-late', // accepted, but one node's entry shows up late
  'entry-never', // accepted, but one node's entry never shows up
  'stuck', // accepted, but one node never ends it
] as const;

const GET_FAULTS = [
  'lost', // the connection breaks
  'late', // no answer within the client's patience
  '503',
  '429',
  'cut', // half an answer
] as const;

/** What happens in the world when an exchange is over, and before the client goes on. */
const WORLD_FAULTS = [
  'rival', // another operator does the same to one of the nodes
  'clock-back', // the wall clock is set back by an hour
  'clock-forward', // … forward by ten seconds
  'sleep', // the machine is shut, longer than the server remembers a key
  'stopped', // so long this process alone stands still
  'kill', // the process dies; a new one with the same key takes its place
] as const;

export type WorldFault = (typeof WORLD_FAULTS)[number];
export type PostFault = (typeof POST_FAULTS)[number];
export type GetFault = (typeof GET_FAULTS)[number];
export type FaultKind = PostFault | GetFault | WorldFault;

/** One fault, at the exchange of this number: they are counted from 0 over all runs of a story. */
export interface Fault {
  at: number;
  kind: FaultKind;
}

/** Ascending by number; faults at one exchange in the order in which `kindsAt` names them. */
export type Plan = readonly Fault[];

const KINDS: Record<Place, readonly FaultKind[]> = {
  POST: [...POST_FAULTS, ...WORLD_FAULTS],
  GET: [...GET_FAULTS, ...WORLD_FAULTS],
  journal: WORLD_FAULTS,
};

/** The kinds that can strike at a place, those of the wire first. */
export function kindsAt(place: Place): readonly FaultKind[] {
  return KINDS[place];
}

export function isWorldFault(kind: FaultKind): kind is WorldFault {
  return (WORLD_FAULTS as readonly string[]).includes(kind);
}

/** `3:lost-after 5:rival` */
export function formatPlan(plan: Plan): string {
  return plan.length === 0 ? 'no fault' : plan.map(({ at, kind }) => `${at}:${kind}`).join(' ');
}

/** @throws Error for what is no plan */
export function parsePlan(text: string): Plan {
  const known = new Set<string>(Object.values(KINDS).flat());
  return text
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => {
      const [at = '', kind = ''] = word.split(':');
      if (!/^\d+$/.test(at) || !known.has(kind)) throw new Error(`${word}: no fault; they look like 3:lost-after`);
      return { at: Number(at), kind: kind as FaultKind };
    });
}
