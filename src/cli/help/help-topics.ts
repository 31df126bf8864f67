import { EXIT_CODES } from '../../base/exit-codes.js';
import { wrapWords } from '../../base/text.js';

export interface HelpTopic {
  summary: string;
  text(): string | Promise<string>;
}

/** What `ldctl help TOPIC` explains that belongs to no single command. */
export const HELP_TOPICS: Readonly<Record<string, HelpTopic>> = {
  'exit-codes': { summary: 'What each exit code means, and whether anything was sent.', text: exitCodesText },
  environment: { summary: 'The environment variables that are read.', text: environmentText },
  'global-flags': { summary: 'The flags that every command has, or each that calls an API.', text: globalFlagsText },
};

/** The variables that are read, and what each is. Those of the vendor's own tool keep their names (contract, "Words the vendor's own tool already uses"). */
export const ENVIRONMENT: ReadonlyArray<readonly [name: string, meaning: string]> = [
  ['LD_API_KEY', 'the API key'],
  ['LD_API_KEY_FILE', 'a file with the API key in it, as containers mount secrets'],
  ['LD_TENANT_ID', 'the tenant'],
  ['LD_API_URL', 'base URL of the Core API (never of the Supervisor)'],
  ['LD_SUPERVISOR_URL', "base URL of the deployment's Supervisor API"],
  ['LD_DEPLOYMENT_ID', 'the deployment, by id or name'],
  ['LD_PROFILE', 'the profile to use instead of the current one; other variables still win over it'],
  ['LDCTL_CONFIG_DIR', 'the folder of the profiles and of the run journal'],
  ['HTTPS_PROXY, NO_PROXY', 'the proxy for https, and the hosts that are reached without it'],
  ['NODE_EXTRA_CA_CERTS', 'a file of further certificate authorities to trust'],
  ['NO_COLOR', 'no colour, whatever the terminal'],
];

/** As wide as the narrowest terminal that is still usual. */
const WIDTH = 80;

function exitCodesText(): string {
  // The signals' dash is spared to terminals that know no more than ASCII.
  const rows = Object.values(EXIT_CODES).map(({ code, meaning, sent, ci }) => [
    String(code),
    meaning,
    sent,
    ci.replace('–', '-'),
  ]);
  return [
    'The exit code says which way it ended, the same in every output format.',
    '',
    ...columns([['CODE', 'MEANING', 'SENT?', 'A CI STEP WOULD'], ...rows], [4, 31, 14, 25]),
    '',
    'From `activities trigger`, 2, 4, 5 and 6 promise that nothing was carried out.',
    'When several apply: an interrupt, then 7, 3, 9, 8.',
  ].join('\n');
}

function environmentText(): string {
  const order =
    'A flag wins over the environment, the environment over the profile, the profile over the default. But a profile ' +
    'named by --profile is taken whole: the LD_* variables of the connection are then ignored.';
  return [...wrapWords(order, WIDTH), '', ...columns(ENVIRONMENT, [21, 57])].join('\n');
}

async function globalFlagsText(): Promise<string> {
  // Their definitions take time to load, and completion needs no more than the names of the topics.
  const { globalFlagRows } = await import('./global-flags.js');
  const where =
    'They may stand before the command as well as after it. Those that say which deployment, through which API and with ' +
    'which key are for the commands that call an API.';
  const rows = globalFlagRows().flatMap(([flag, meaning]) => [
    flag,
    ...wrapWords(meaning, WIDTH - 6).map((line) => `      ${line}`),
  ]);
  return [...wrapWords(where, WIDTH), '', ...rows].join('\n');
}

/**
 * Lays rows out in columns; a cell too long for its column goes on in the next line.
 * @param widths of the columns, which stand two blanks apart
 */
function columns(rows: ReadonlyArray<readonly string[]>, widths: readonly number[]): string[] {
  return rows.flatMap((row) => {
    const cells = widths.map((width, index) => ({ width, lines: wrapWords(row[index] ?? '', width) }));
    const height = Math.max(...cells.map(({ lines }) => lines.length));
    return Array.from({ length: height }, (_, line) =>
      cells
        .map(({ width, lines }) => (lines[line] ?? '').padEnd(width))
        .join('  ')
        .trimEnd(),
    );
  });
}
