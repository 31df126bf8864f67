/*
 * Which nodes a roll acts on that names none: those that the log lists, if someone is asked, or if
 * they are certainly all there are. If not, which ones there may be, and the command that names them.
 */

import { newestOfEach, type Activity } from '../base/activity.js';
import { ageText } from '../base/durations.js';
import { type LdctlError, refusedError, type ErrorMore, type KnownNodes } from '../base/errors.js';
import { compareIds, type Id } from '../base/ids.js';
import { shortList } from '../base/text.js';
import { nodesOf } from '../job/census.js';
import type { CheckedTrigger } from './requests.js';
import { mayExpect, numbersText, otherCountText, type Findings } from './survey.js';

interface RollAsked extends Pick<CheckedTrigger, 'runtime' | 'expectNodes'> {
  /** A person is asked, or would be. */
  isAsked: boolean;
  /** The wall clock, ms. */
  now: number;
  /** The command of the roll with these nodes; without any, one that says what is known of them. */
  command: (nodes: ReadonlyArray<Id | 'ID'>) => string;
}

/**
 * The nodes of a roll that names none.
 * @throws LdctlError (exit 5) where none is listed, where another number is expected, or where no
 * one is asked and there may be others, or fewer
 */
export function nodesOfRoll(found: Findings, roll: RollAsked): readonly Id[] {
  const { listed, coreCount } = found;
  const { here, elsewhere } = listed;
  const expected = roll.expectNodes === 'deployment' ? (coreCount ?? undefined) : roll.expectNodes;
  const isCertain = elsewhere.length === 0 && (coreCount ?? here.length) === here.length;
  const mayAct =
    expected === undefined
      ? roll.isAsked || isCertain
      : expected === here.length && mayExpect(expected, listed, coreCount);
  if (here.length > 0 && mayAct) return here;
  throw refusal(found, expected, roll);
}

function refusal(
  found: Findings,
  expected: number | undefined,
  { runtime, now, command }: RollAsked,
): LdctlError {
  const { listed, coreCount, serverTime } = found;
  const { here, elsewhere } = listed;
  const more = knownNodes(found, command);
  if (here.length === 0) {
    const counts = coreCount === null ? '' : `, and Core counts ${coreCount}`;
    return refusedError(
      'no_nodes_known',
      elsewhere.length > 0
        ? `no node has an entry of ${runtime} in the log of the last 30 days${counts}`
        : `the log of the last 30 days lists no node${counts}`,
      elsewhere.length > 0
        ? `Name the nodes: ${command(elsewhere)}`
        : idsInConsole(coreCount, command),
      more,
    );
  }
  const ages = more.nodes.map(({ node_id: node, last_activity_at: at, left_out: why }) => {
    const ago = `${ageText(at, serverTime ?? now)} ago`;
    return `${node} (${[ago, ...(why ? [why.replace(/_/g, ' ')] : [])].join(', ')})`;
  });
  const hint = `Last acted: ${shortList(ages, 20)}. Check which nodes there are, and name them.`;
  return expected === undefined
    ? refusedError(
        'nodes_not_certain',
        `it is not certain which nodes there are: ${numbersText(listed, coreCount)}`,
        hint,
        more,
      )
    : refusedError('other_node_count', otherCountText(expected, listed, coreCount), hint, more);
}

/** Where the ids are that no log lists yet. @param command what takes as many as Core counts, or 5 */
export function idsInConsole(coreCount: number | null, command: (ids: readonly 'ID'[]) => string) {
  const ids = Array<'ID'>(Math.min(coreCount ?? 2, 5)).fill('ID');
  return `Name the nodes; the LaserData console shows their ids: ${command(ids)}`;
}

/** If Core counts fewer than are listed, those that acted longest ago may be gone. */
function knownNodes(
  { listed: { here }, coreCount, entries }: Findings,
  command: RollAsked['command'],
): ErrorMore & KnownNodes {
  const newest = newestOfEach(entries);
  const isHere = ({ node_id: node }: Activity) => here.includes(node);
  const byAge = [...newest.values()].filter(isHere).sort((a, b) => compareIds(a.id, b.id));
  const gone = nodesOf(byAge.slice(0, Math.max(here.length - (coreCount ?? here.length), 0)));
  const whyLeftOut = (entry: Activity) => {
    if (gone.includes(entry.node_id)) return 'perhaps_gone';
    return isHere(entry) ? null : 'other_runtimes_only';
  };
  const nodes: KnownNodes['nodes'] = [...newest.values()]
    .sort((a, b) => compareIds(a.node_id, b.node_id))
    .map((entry) => ({
      node_id: entry.node_id,
      last_activity_at: entry.created_at,
      left_out: whyLeftOut(entry),
    }));
  return {
    next: command(here.filter((node) => !gone.includes(node))),
    core_count: coreCount,
    nodes,
  };
}
