/** What V8 writes of where a process was, every so often; times in microseconds, lines and columns from 0. */
export interface CpuProfile {
  nodes: readonly ProfileNode[];
  startTime: number;
  endTime: number;
  /** The id of the node that each sample found. */
  samples: readonly number[];
  /** How long each sample came after the one before, the first after the start. */
  timeDeltas: readonly number[];
}

/** A function, as called on one way from the root. */
export interface ProfileNode {
  id: number;
  callFrame: CallFrame;
  children?: readonly number[];
  /** How many of its samples were at a line; these lines count from 1. */
  positionTicks?: ReadonlyArray<{ line: number; ticks: number }>;
}

/** Where a function starts. What is native has no URL. */
export interface CallFrame {
  functionName: string;
  url: string;
  lineNumber: number;
  columnNumber: number;
}

/** Time that a function took itself, without what it called. */
export interface Spent {
  us: number;
  frame: CallFrame;
  /** The nearest function above it that is not native. */
  caller: CallFrame | undefined;
  /** It is the body of a module. The bundle has many modules in one, so that its frame is then the line that ran. */
  isBody: boolean;
}

/**
 * The time of a profile by function and caller. A sample stands for the time until the next one, the last for what is
 * left to the end. What comes before the first one is not known, and left out.
 */
export function spentIn(profile: CpuProfile): Spent[] {
  const times = selfTimes(profile);
  const callers = callersIn(profile.nodes);
  return profile.nodes.flatMap((node) => {
    const us = times.get(node.id) ?? 0;
    return us === 0 ? [] : byLine(node, us).map((part) => ({ ...part, caller: callers.get(node.id) }));
  });
}

/** @returns microseconds by the id of the node */
function selfTimes({ samples, timeDeltas, startTime, endTime }: CpuProfile): Map<number, number> {
  const times = new Map<number, number>();
  const known = timeDeltas.reduce((sum, us) => sum + us, 0);
  for (const [index, id] of samples.entries()) {
    const us = timeDeltas[index + 1] ?? endTime - startTime - known;
    times.set(id, (times.get(id) ?? 0) + us);
  }
  return times;
}

function callersIn(nodes: readonly ProfileNode[]): Map<number, CallFrame> {
  const callers = new Map<number, CallFrame>();
  // V8 writes a node before its children.
  for (const { id, callFrame, children = [] } of nodes) {
    const caller = callFrame.url === '' ? callers.get(id) : callFrame;
    if (caller) for (const child of children) callers.set(child, caller);
  }
  return callers;
}

/** Splits the body of a module by the lines that ran. */
function byLine({ callFrame, positionTicks = [] }: ProfileNode, us: number): Array<Omit<Spent, 'caller'>> {
  const isBody = callFrame.url !== '' && callFrame.lineNumber === 0 && callFrame.columnNumber === 0;
  const all = positionTicks.reduce((sum, { ticks }) => sum + ticks, 0);
  if (!isBody || all === 0) return [{ us, frame: callFrame, isBody }];
  return positionTicks.map(({ line, ticks }) => ({
    us: (us * ticks) / all,
    frame: { ...callFrame, lineNumber: line - 1 },
    isBody,
  }));
}
