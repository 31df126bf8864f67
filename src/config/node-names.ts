/*
 * What the nodes of each deployment are called on this machine: `nodes.json`, beside the profiles,
 * which it does not depend on.
 */

import { join } from 'node:path';
import * as v from 'valibot';
import { refusedError, usageError } from '../base/errors.js';
import { parseId, shownWord, type Id, type NodeNames } from '../base/ids.js';
import { parseStored, readPrivateFile } from './files.js';
import type { ProfileStore } from './profiles.js';
import type { Folders } from './settings.js';

/** A node as a person writes it: its id, its name, or the end of its id (`…889`). */
export type NodeRef = Id | string;

const NAME = /^[a-z][\w.-]{0,62}$/i;
/** Words that mean more than one node, or may come to. */
const RESERVED = ['all', 'every', 'deployment'];
const END = /^(?:\.\.\.|…)(\d{3,20})$/;

const isName = (text: string) => NAME.test(text) && !RESERVED.includes(text.toLowerCase());

/** @param where the flag or file, for the error @throws UsageError for none of the three */
export function parseNodeRef(text: string, where: string): NodeRef {
  if (isName(text) || END.test(text)) return text;
  let hint: string | null = null;
  if (where.startsWith('--') && /^(?:all|every|\*)$/i.test(text)) {
    hint = `Leave ${where} out for every node.`;
  }
  if (/^(?:\.\.\.|…)/.test(text)) hint = 'The end of an id takes three digits at least: ...889.';
  if (hint === null) return parseId(text, where);
  throw usageError('invalid_id', `${where}: ${shownWord(text)} is not a node`, hint);
}

/** The digits of an id's end; null for what is not one. */
export function endDigits(ref: string): string | null {
  return END.exec(ref)?.[1] ?? null;
}

/** A hint for a node that does not exist, where its digits are the end of exactly one that does. */
export function hintOfEnd(node: Id, nodes: readonly Id[]): string | undefined {
  const whole = new Set(nodes.filter((one) => one !== node && String(one).endsWith(String(node))));
  if (whole.size !== 1) return undefined;
  const short = `...${node}`;
  const orShort = END.test(short) ? `, or ${short} at a terminal` : '';
  return `${node} is the end of ${[...whole].join()}: give the whole id${orShort}.`;
}

/** @throws UsageError */
export function checkNodeName(text: string): string {
  if (isName(text)) return text;
  throw usageError(
    'invalid_node_name',
    `${shownWord(text)} cannot be the name of a node`,
    `Start with a letter. Letters, digits, dots, dashes and underscores may follow, up to 63 characters. Reserved: ${RESERVED.join(', ')}.`,
  );
}

const digits = v.pipe(v.string(), v.digits());
/** Each name once: an edited file may have it twice, and one of the two nodes would be acted on. */
const namesOfOne = v.pipe(
  v.record(digits, v.pipe(v.string(), v.check(isName))),
  v.check((names) => {
    const all = Object.values(names).map((name) => name.toLowerCase());
    return new Set(all).size === all.length;
  }),
);
const namesOfAll = v.record(digits, namesOfOne);

/** What nodes are to be called; null takes a name away. */
type NewNames = ReadonlyMap<Id, string | null>;

/** @throws LdctlError (exit 5) for the name of a node that is to keep it */
function checkFree(names: NodeNames, given: NewNames) {
  const kept = [...names].filter(([node]) => !given.has(node));
  const owners = new Map(kept.map(([node, name]) => [name.toLowerCase(), node]));
  for (const name of given.values()) {
    const owner = owners.get(name?.toLowerCase() ?? '');
    if (owner === undefined) continue;
    throw refusedError(
      'node_name_taken',
      `${name} is the name of node ${owner}`,
      `To free it: ldctl nodes name ${owner} --remove`,
    );
  }
}

/** @throws UsageError (exit 2), as `openProfiles` does, for a file that cannot be used */
function storedIn(folder: string) {
  const path = join(folder, 'nodes.json');
  const text = readPrivateFile(path);
  if (text === null) return {};
  const parsed = parseStored(text, namesOfAll);
  if (parsed.success) return parsed.output;
  throw usageError(
    'config_broken',
    `${path} does not hold the names of nodes`,
    'ldctl left it as it is. Fix it, or remove it and name the nodes again.',
  );
}

/** @param deployment null for the names of every deployment @throws as `storedIn` */
export function readNodeNames(folder: string, deployment: Id | null) {
  const kept = storedIn(folder);
  const some = deployment === null ? Object.values(kept) : [kept[String(deployment)] ?? {}];
  return new Map(some.flatMap(Object.entries).map(([id, name]) => [BigInt(id), String(name)]));
}

/** Gives nodes their names, all or none. @throws as `storedIn`, `checkFree` */
export const renameNodes = (
  { folders, store }: { folders: Pick<Folders, 'config'>; store: Pick<ProfileStore, 'locked'> },
  deployment: Id,
  given: NewNames,
) =>
  store.locked((replace) => {
    const kept = storedIn(folders.config);
    checkFree(readNodeNames(folders.config, deployment), given);
    const changes = [...given].map(([node, name]) => [String(node), name ?? undefined] as const);
    const names = { ...kept[String(deployment)], ...Object.fromEntries(changes) };
    replace('nodes', { ...kept, [String(deployment)]: names });
  });

/** The node that has a name, whatever its case; null where none has. */
export function nodeNamed(names: NodeNames, name: string): Id | null {
  const wanted = name.toLowerCase();
  const [node = null] = [...names].find(([, known]) => known.toLowerCase() === wanted) ?? [];
  return node;
}
