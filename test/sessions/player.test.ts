import assert from 'node:assert/strict';
import { readCommandLine } from '../../src/cli/line/argv.js';
import { packageProgram, readManifest } from '../../src/cli/host.js';
import { ROOT } from '../helpers/root.js';
import { lineDiff } from './player/diff.js';
import { checkDocuments } from './player/documents.js';
import { readScript } from './player/script.js';

const { playSession } = await import('./player/play.js');

const { commands } = readManifest(packageProgram(ROOT));
const play = (...lines: string[]): Promise<string> =>
  playSession(['# A title.', ...lines].join('\n'));

describe('the player of sessions', () => {
  it('reads title and tags, and nothing of what was printed', () => {
    const { title, tags, steps } = readScript(
      '# One\n# two. #lost-answer #p1\n\n$ ldctl version\n  1.0\n! x\n!\n= exit 0, sent 0\n',
    );
    assert.deepEqual({ title, tags }, { title: 'One two.', tags: ['lost-answer', 'p1'] });
    assert.deepEqual(
      steps.map(({ is, line }) => `${is} ${line}`),
      ['note 1', 'note 2', 'command 4'],
    );
  });

  it('plays what it has written, and changes nothing', async () => {
    const once = await play(
      '$ ldctl activities list --limit 1',
      '# A note.',
      '> wait 1s',
      '$ ldctl version -o json',
    );
    assert.equal(await playSession(once), once);
  });

  const refused: ReadonlyArray<readonly [what: string, says: RegExp, ...lines: string[]]> = [
    ['a line of no kind', /line 2: a line that begins with none of/, 'ldctl version'],
    ['no command', /it has no command/, '> wait 1s'],
    [
      'an unknown event',
      /line 2: no event "nod 7 recovers"; the events are/,
      '> nod 7 recovers',
      '$ ldctl version',
    ],
    [
      'an unknown fault',
      /line 2: no request "is eaten"; what may/,
      '> the next POST is eaten',
      '$ ldctl version',
    ],
    [
      'a fault that is not met',
      /line 3: 2 faults that no POST has met/,
      '> the next 2 POSTs are lost',
      '$ ldctl version',
    ],
    [
      'a moment that never comes',
      /"when it says "x!": Ctrl-C" never happened/,
      '> when it says "x!": Ctrl-C',
      '$ ldctl version',
    ],
    [
      'an event after the last command',
      /line 3: 1 faults that no read has met/,
      '$ ldctl version',
      '> the next read is lost',
    ],
    ['Ctrl-C where nothing runs', /line 2: no command runs/, '> Ctrl-C', '$ ldctl version'],
    [
      'a node that there is not',
      /line 2: there is no node 8/,
      '> node 8 recovers',
      '$ ldctl version',
    ],
    [
      'an option that there is not',
      /line 2: nodez: there is no such option/,
      '> sandbox {"nodez":[7]}',
      '$ ldctl version',
    ],
    ['sandbox in the middle', /line 3: no event "sandbox/, '$ ldctl version', '> sandbox {}'],
    [
      'a host that is not its own',
      /line 2: it asked core\.example, which is no session's/,
      '$ LD_API_URL=https://core.example ldctl deployments list',
    ],
    ['another program', /line 2: this shell does not know how to run ls/, '$ ls'],
    [
      'a gate of which nothing is said',
      /line 3: a gate runs \(exit 0\), and no line says how/,
      '> sandbox {"nodes":[7]}',
      '$ ldctl activities roll iggy restart --node 7 --gate "exit 0"',
    ],
    [
      'a gate that does not run',
      /line 3: 1 gates did not run/,
      '> gate exits 0 after 1s',
      '$ ldctl version',
    ],
    [
      'a question without an answer',
      /line 3: it still asks, and no key is pressed:\n\? Restart iggy/,
      '> screen',
      '$ ldctl activities trigger iggy restart',
    ],
    [
      'a key where nothing asks',
      /line 4: it asks nothing now/,
      '> screen',
      '$ ldctl version',
      '> key enter',
    ],
    ['a screen where there is none', /line 3: no command runs at a screen/, '$ ldctl version', '@'],
    [
      'a screen after the end',
      /line 4: it has ended before that/,
      '> screen',
      '$ ldctl version',
      '@ 2s',
    ],
    [
      'an unknown key',
      /line 4: no key entr; the keys are up,/,
      '> screen',
      '$ ldctl activities trigger iggy restart',
      '> key entr',
    ],
    [
      'a letter with a screen',
      /line 3: only the shell without a letter has a screen/,
      '> screen',
      'A$ ldctl version',
    ],
    ['a glob', /line 2: this shell does not know globs/, '$ ldctl version *'],
    ['an unknown variable', /line 2: there is no variable NODE/, '$ ldctl version $NODE'],
    ['a file elsewhere', /line 2: a file is written as ~\/NAME/, '$ cat /etc/passwd'],
    [
      'next where nothing was printed',
      /line 3: the last command printed no "next: "/,
      '$ ldctl version',
      '$ next',
    ],
  ];
  for (const [what, says, ...lines] of refused) {
    it(`refuses ${what}`, () => assert.rejects(play(...lines), says));
  }

  describe('holds JSON against its schema, and', () => {
    const line = (typed: string) => readCommandLine(typed.split(' '), commands);
    const empty = '{"items":[],"total_results":0}';
    const problem =
      '{"error":{"code":"usage","message":"x","exit_code":2,"request_id":null,"hint":null}}';
    it('passes what is as it should be, an error too, and what is no JSON', () => {
      checkDocuments(line('activities list -o json'), empty);
      checkDocuments(line('activities trigger iggy restart -o json'), problem);
      checkDocuments(line('activities list'), 'NODE\n');
      checkDocuments(line('version -o json'), '{}');
    });
    const refused: ReadonlyArray<readonly [what: string, typed: string, json: string]> = [
      ['a field too many', 'activities list -o json', empty.replace('{', '{"more":1,')],
      ['a field too few', 'activities list -o json', '{"items":[]}'],
      [
        'a field too many in an error',
        'whoami -o json',
        problem.replace('"code"', '"kode":1,"code"'),
      ],
      ['a second document', 'activities list -o json', `${empty}\n${empty}`],
      ['JSON of which no schema is known', 'completion bash -o json', '{}'],
      ['an id that is a number', 'nodes list -o ndjson', '{"node_id":7}'],
    ];
    for (const [what, typed, json] of refused) {
      it(`refuses ${what}`, () => assert.throws(() => checkDocuments(line(typed), json)));
    }
  });

  it('shows how a text differs, with the lines around it', () => {
    const [before, after] = ['a b c d e f g ', 'a b c d E f g h '].map((words) =>
      words.replaceAll(' ', '\n'),
    );
    assert.equal(lineDiff(before ?? '', after ?? ''), ' b\n c\n d\n-e\n+E\n f\n g\n+h');
    assert.equal(lineDiff('a', 'a'), '');
  });
});
