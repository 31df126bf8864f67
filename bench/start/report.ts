import { type Loaded } from '../../test/helpers/loaded.js';
import { judged, table } from '../markdown.js';
import { BASES, COLUMNS, type Column, type NodeSubjects, type Peer } from './subjects.js';

export type Medians = ReadonlyMap<string, number>;

type Goals = Partial<Record<Column, readonly [most: number, to: 'R' | 'F']>>;

/** The goals, by the major version of Node; R is a ratio to `node -e 0`, F to the smallest GET. */
const GOALS: Readonly<Record<string, Goals>> = {
  20: { '--version': [1.6, 'R'], '--help': [3.4, 'R'], 'activities list': [3.2, 'F'] },
  24: { '--version': [1.6, 'R'], '--help': [2.5, 'R'], 'activities list': [1.75, 'F'] },
  26: { '--version': [1.6, 'R'], '--help': [2.3, 'R'], 'activities list': [1.6, 'F'] },
};

/** Those of the single executable. */
const BINARY_GOALS: Goals = { '--version': [1.6, 'R'], '--help': [2.5, 'R'], 'activities list': [1.3, 'F'] };

export interface Figures {
  runs: number;
  nodes: ReadonlyArray<{ subjects: NodeSubjects; medians: Medians }>;
  peers: ReadonlyArray<{ peer: Peer; medians: Medians }>;
  /** What is loaded for some command lines, the same on every machine. */
  loaded: ReadonlyArray<readonly [commandLine: string, loaded: Loaded]>;
  installed: { package: string; binary: string };
}

/** The figures as Markdown. */
export function tables({ runs, nodes, peers, loaded, installed }: Figures): string {
  const bases = nodes.map(({ subjects, medians }) => {
    const { R, F, C } = basesOf(medians);
    return `${nameOf(subjects)}: R = ${R.toFixed(0)} ms, F = ${F.toFixed(0)} ms = ${(F / R).toFixed(2)} R, C = ${(C / R).toFixed(2)} R`;
  });
  return [
    `Medians of ${runs} ${runs === 1 ? 'run' : 'runs'}. R is \`node -e 0\`, F the smallest program that does the same GET, as an ES module, and C the same as CommonJS. ${bases.join('; ')}.`,
    table(
      ['what', ...COLUMNS, 'installed'],
      [
        ...nodes.map((node) => [...nodeRow(node), installed[node.subjects.binary ? 'binary' : 'package']]),
        ...peers.map(peerRow),
      ],
    ),
    table(
      ['command line', 'modules loaded', 'kB'],
      loaded.map(([line, { modules, bytes }]) => [
        `\`ldctl ${line}\``,
        String(modules),
        String(Math.round(bytes / 1000)),
      ]),
    ),
  ].join('\n\n');
}

function nodeRow({ subjects, medians }: Figures['nodes'][number]): string[] {
  const goals = subjects.binary ? BINARY_GOALS : (GOALS[/^v(\d+)/.exec(subjects.version)?.[1] ?? ''] ?? {});
  const cells = COLUMNS.map((column) => {
    const ms = medians.get(column) ?? NaN;
    const { R, F } = basesOf(medians);
    const asks = column === 'activities list' || column === 'trigger, to its first request';
    const figure = `${(ms / R).toFixed(2)} R${asks ? ` = ${(ms / F).toFixed(2)} F` : ''}`;
    const goal = goals[column];
    if (!goal) return figure;
    const [most, to] = goal;
    return judged(figure, ms / { R, F }[to] <= most, `${most} ${to}`);
  });
  return [`**ldctl, ${nameOf(subjects)}**`, ...cells];
}

function peerRow({ peer: { name, program }, medians }: Figures['peers'][number]): string[] {
  if (program === null) return [name, 'not measured', 'not measured', '–', '–', 'not measured'];
  const { R } = basesOf(medians);
  const cells = ['--version', '--help'].map((flag) => `${((medians.get(`${name} ${flag}`) ?? NaN) / R).toFixed(1)} R`);
  return [name, ...cells, '–', '–', '–'];
}

function nameOf({ version, extraCa, binary }: NodeSubjects): string {
  return `${binary ? 'single executable, ' : ''}Node ${version}${extraCa ? ' with NODE_EXTRA_CA_CERTS' : ''}`;
}

function basesOf(medians: Medians): Record<keyof typeof BASES, number> {
  return { R: medians.get(BASES.R) ?? NaN, F: medians.get(BASES.F) ?? NaN, C: medians.get(BASES.C) ?? NaN };
}
