import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse } from 'yaml';
import { ROOT } from '../../helpers/root.js';

interface Target {
  name: string;
  runner: string;
  debian?: string;
}

interface Project {
  version: string;
  description: string;
  license: string;
  owner: string;
  homepage: string;
}

interface Release {
  TARGETS: readonly Target[];
  archiveOf: (target: Target) => string;
  projectOf: (packageJson: object) => Project;
  withOwner: (text: string, owner: string) => string;
  installScript: (text: string, owner: string) => string;
  formula: (project: Project, sums: ReadonlyMap<string, string>) => string;
  scoopManifest: (project: Project, sums: ReadonlyMap<string, string>) => object;
  control: (target: Target, project: Project, kilobytes: number) => string;
  sbomOf: (all: object, packages: ReadonlyArray<{ name: string; version: string }>, node: string) => Bom;
  problemsOf: (tag: string, repository: string, files: { package: string; changelog: string }) => string[];
}

interface Bom {
  metadata: { component: Record<string, unknown> };
  components: Array<Record<string, unknown>>;
  dependencies: Array<{ ref: string; dependsOn: string[] }>;
}

interface Workflow {
  permissions: Record<string, string>;
  jobs: Record<
    string,
    {
      strategy?: { matrix: { include: Array<{ target: string; runner: string }> } };
      permissions?: object;
      'timeout-minutes'?: number;
    }
  >;
}

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const modules = await Promise.all(
  ['targets', 'owner', 'homebrew', 'scoop', 'deb', 'sbom', 'ready'].map(
    async (name) => (await import(pathToFileURL(join(ROOT, `scripts/release/${name}.js`)).href)) as object,
  ),
);
const release = Object.assign({}, ...modules) as Release;

const PROJECT: Project = {
  version: '1.2.3',
  description: 'Trigger actions, and know how each one ended',
  license: 'MIT',
  owner: 'acme',
  homepage: 'https://github.com/acme/ldctl',
};
/** A sum of its own for every archive. */
const SUMS = new Map(release.TARGETS.map((target, index) => [release.archiveOf(target), String(index).repeat(64)]));
const FROM = 'https://github.com/acme/ldctl/releases/download/v1.2.3';

describe('what a release is made for', () => {
  const workflow = parse(read('.github/workflows/release.yml')) as Workflow;

  it('is what the workflow builds, each on its own machine', () => {
    const include = workflow.jobs.build?.strategy?.matrix.include;
    assert.deepEqual(
      include,
      release.TARGETS.map(({ name, runner }) => ({ target: name, runner })),
    );
  });

  it('is what a binary can be made for', async () => {
    const binaries = (await import(pathToFileURL(join(ROOT, 'scripts/binary/targets.js')).href)) as { TARGETS: object };
    assert.deepEqual(
      release.TARGETS.map(({ name }) => name),
      Object.keys(binaries.TARGETS),
    );
  });

  it('is what install.sh can install, but for Windows', () => {
    const [, names] = /^TARGETS='(.*)'$/m.exec(read('install.sh')) ?? [];
    assert.equal(names, 'linux-x64 linux-arm64 darwin-x64 darwin-arm64');
    assert.equal(release.TARGETS.map(({ name }) => name).join(' '), `${names} win32-x64`);
  });

  it('has files whose names carry no version', () => {
    assert.deepEqual(
      [...SUMS.keys()],
      [
        'ldctl-linux-x64.tar.xz',
        'ldctl-linux-arm64.tar.xz',
        'ldctl-darwin-x64.tar.xz',
        'ldctl-darwin-arm64.tar.xz',
        'ldctl-win32-x64.zip',
      ],
    );
  });
});

describe('the workflows', () => {
  const texts = readdirSync(join(ROOT, '.github/workflows')).map(
    (name) => [name, read(`.github/workflows/${name}`)] as const,
  );
  const all = [...texts, ['action.yml', read('action.yml')] as const];

  for (const [name, text] of all) {
    it(`${name}: pins every action by a commit, and says which version that is`, () => {
      const uses = [...text.matchAll(/uses: (.*)$/gm)]
        .map(([, action = '']) => action)
        .filter((action) => !action.startsWith('./'));
      assert.ok(uses.length > 0);
      assert.deepEqual(
        uses.filter((action) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action)),
        [],
      );
    });
  }

  for (const [name, text] of texts) {
    it(`${name}: gives no right to all jobs but to read, and no job endless time`, () => {
      const { permissions, jobs } = parse(text) as Workflow;
      assert.ok(Object.entries(permissions).every(([scope, right]) => scope === 'contents' && right === 'read'));
      const endless = Object.entries(jobs).filter(
        ([, job]) => !('uses' in job) && job['timeout-minutes'] === undefined,
      );
      assert.deepEqual(endless, []);
    });
  }

  it('take one version of each action', () => {
    const pins = new Set(
      all.flatMap(([, text]) => [...text.matchAll(/uses: ([\w-]+\/[\w-]+@.*)$/gm)].map(([, pin]) => pin)),
    );
    const actions = [...pins].map((pin) => pin?.split('@')[0]);
    assert.equal(new Set(actions).size, actions.length, [...pins].join('\n'));
  });

  it('know no secret where changes of others are tested', () => {
    assert.doesNotMatch(read('.github/workflows/ci.yml'), /secrets\.|pull_request_target/);
  });
});

describe('whose repository it is', () => {
  const text = (
    owner: string,
  ): string => `https://github.com/${owner}/ldctl/releases and docker run ghcr.io/${owner}/ldctl
brew install ${owner}/tap/ldctl
gh attestation verify FILE --repo ${owner}/ldctl
- uses: ${owner}/ldctl@v1
https://github.com/${owner}/homebrew-tap
REPOSITORY=${owner}/ldctl
`;

  it('is filled in wherever a page names it, and nothing else is touched', () => {
    const others =
      'https://github.com/actions/checkout, uses: actions/checkout@v7, brew install jq, https://github.com/ldctl\n';
    assert.equal(release.withOwner(text('OWNER') + others, 'acme'), text('acme') + others);
    assert.equal(release.withOwner(text('acme'), 'acme'), text('acme'));
  });

  it('is read from package.json, which must name an ldctl on GitHub', () => {
    const packageJson = {
      version: '1.2.3',
      description: 'd',
      license: 'MIT',
      repository: { url: 'git+https://github.com/acme/ldctl.git' },
    };
    assert.deepEqual(release.projectOf(packageJson), { ...PROJECT, description: 'd' });
    for (const url of [
      'git+https://github.com/acme/other.git',
      'https://example.com/acme/ldctl',
      'github:acme/ldctl',
    ]) {
      assert.throws(
        () => release.projectOf({ ...packageJson, repository: { url } }),
        /repository\.url is .* and not git\+https/,
      );
    }
  });

  it('is named in every page as package.json has it', () => {
    const { owner } = release.projectOf(JSON.parse(read('package.json')) as object);
    const pages = ['README.md', 'docs/install.md', 'docs/scripting.md', 'install.sh'].map(
      (page) => [page, read(page)] as const,
    );
    for (const [page, page_text] of pages) {
      assert.ok(page_text.includes(`${owner}/ldctl`), `${page} does not name it`);
      assert.equal(release.withOwner(page_text, owner), page_text, page);
    }
  });
});

describe('the Homebrew formula', () => {
  it('has each system take the archive made for it, by its own sum', () => {
    const found = [
      ...release
        .formula(PROJECT, SUMS)
        .matchAll(/on_(macos|linux) do|on_(arm|intel) do\n +url "(.*)"\n +sha256 "(.*)"/g),
    ];
    let system = '';
    const taken = found.flatMap(([, named, processor, url, sum]) => {
      system = named ?? system;
      return processor === undefined ? [] : [[`${system} ${processor}`, url, sum]];
    });
    assert.deepEqual(taken, [
      ['macos arm', `${FROM}/ldctl-darwin-arm64.tar.xz`, '3'.repeat(64)],
      ['macos intel', `${FROM}/ldctl-darwin-x64.tar.xz`, '2'.repeat(64)],
      ['linux arm', `${FROM}/ldctl-linux-arm64.tar.xz`, '1'.repeat(64)],
      ['linux intel', `${FROM}/ldctl-linux-x64.tar.xz`, '0'.repeat(64)],
    ]);
  });

  it('says what it is in less than 80 characters, without its own name', () => {
    const [, desc = ''] =
      /^ {2}desc "(.*)"$/m.exec(
        release.formula({ ...PROJECT, ...release.projectOf(JSON.parse(read('package.json')) as object) }, SUMS),
      ) ?? [];
    assert.ok(desc.length > 10 && desc.length < 80, desc);
    assert.doesNotMatch(desc, /ldctl|\.$/i);
  });

  it('refuses a release that lacks an archive', () => {
    assert.throws(() => release.formula(PROJECT, new Map()), /no sum of ldctl-darwin-arm64\.tar\.xz/);
  });
});

describe('the Scoop manifest', () => {
  it('is of the shape that Scoop knows', () => {
    assert.deepEqual(release.scoopManifest(PROJECT, SUMS), {
      version: '1.2.3',
      description: 'Trigger actions, and know how each one ended',
      homepage: 'https://github.com/acme/ldctl',
      license: 'MIT',
      architecture: {
        '64bit': { url: `${FROM}/ldctl-win32-x64.zip`, hash: '4'.repeat(64), extract_dir: 'ldctl-win32-x64' },
      },
      bin: 'ldctl.exe',
    });
  });
});

describe('the Debian package', () => {
  const [target] = release.TARGETS;
  assert.ok(target);

  it('has the fields that dpkg wants, one a line', () => {
    const lines = release.control(target, PROJECT, 1234).split('\n');
    const fields = lines.filter((line) => /^[A-Z]/.test(line));
    assert.deepEqual(
      fields.map((field) => field.split(':')[0]),
      [
        'Package',
        'Version',
        'Architecture',
        'Maintainer',
        'Installed-Size',
        'Depends',
        'Section',
        'Priority',
        'Homepage',
        'Description',
      ],
    );
    assert.ok(
      fields.includes('Version: 1.2.3') &&
        fields.includes('Architecture: amd64') &&
        fields.includes('Installed-Size: 1234'),
    );
  });

  it('makes a candidate older than what it is a candidate for', () => {
    assert.match(release.control(target, { ...PROJECT, version: '2.0.0-rc.1' }, 1), /^Version: 2\.0\.0~rc\.1$/m);
  });
});

describe('the bill of materials', () => {
  const component = (name: string, properties: object[] = []): object => ({
    'bom-ref': `${name}@1.0.0`,
    name,
    version: '1.0.0',
    properties,
  });
  const tool = [
    { name: 'cdx:npm:package:development', value: 'true' },
    { name: 'other', value: 'kept' },
  ];
  const all = {
    bomFormat: 'CycloneDX',
    metadata: { component: { 'bom-ref': 'ldctl@1.2.3', type: 'library', name: 'a folder', version: '1.2.3' } },
    components: [component('got', tool), component('eslint', tool), component('native'), component('within', tool)],
    dependencies: [
      { ref: 'ldctl@1.2.3', dependsOn: ['got@1.0.0', 'eslint@1.0.0', 'native@1.0.0'] },
      { ref: 'got@1.0.0', dependsOn: ['within@1.0.0', 'eslint@1.0.0'] },
      { ref: 'eslint@1.0.0', dependsOn: [] },
      { ref: 'native@1.0.0', dependsOn: [] },
      { ref: 'within@1.0.0', dependsOn: [] },
    ],
  };
  const packages = ['got', 'native', 'within'].map((name) => ({ name, version: '1.0.0' }));

  it('names what is bundled, as no tool of development, what is beside it, and the Node in it; no tool', () => {
    const bom = release.sbomOf(all, packages, '24.9.0');
    assert.deepEqual(
      bom.components.map((one) => one['bom-ref']),
      ['got@1.0.0', 'native@1.0.0', 'within@1.0.0', 'node@24.9.0'],
    );
    assert.deepEqual(bom.components[0]?.properties, [{ name: 'other', value: 'kept' }]);
    assert.deepEqual(bom.metadata.component, {
      'bom-ref': 'ldctl@1.2.3',
      type: 'application',
      name: 'ldctl',
      version: '1.2.3',
    });
  });

  it('says what needs what, among these', () => {
    assert.deepEqual(release.sbomOf(all, packages, '24.9.0').dependencies, [
      { ref: 'ldctl@1.2.3', dependsOn: ['got@1.0.0', 'native@1.0.0', 'within@1.0.0', 'node@24.9.0'] },
      { ref: 'got@1.0.0', dependsOn: ['within@1.0.0'] },
      { ref: 'native@1.0.0', dependsOn: [] },
      { ref: 'within@1.0.0', dependsOn: [] },
      { ref: 'node@24.9.0', dependsOn: [] },
    ]);
  });

  it('is not made without one that is bundled', () => {
    assert.throws(
      () => release.sbomOf(all, [...packages, { name: 'gone', version: '2.0.0' }], '24.9.0'),
      /npm sbom does not know gone@2\.0\.0/,
    );
  });
});

describe('a tag that cannot be released', () => {
  const files = {
    package: JSON.stringify({ version: '1.2.3', repository: { url: 'git+https://github.com/acme/ldctl.git' } }),
    changelog: '# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2026-12-01\n',
  };

  it('is one of another version, of another repository, or without a word in the changelog', () => {
    assert.deepEqual(release.problemsOf('v1.2.3', 'acme/ldctl', files), []);
    assert.match(
      release.problemsOf('v1.2.4', 'acme/ldctl', files).join(),
      /^the tag is v1\.2\.4, and package\.json has version 1\.2\.3$/,
    );
    assert.match(
      release.problemsOf('v1.2.3', 'acme/ldctl', { ...files, changelog: '## [1.2.30]\n' }).join(),
      /^CHANGELOG\.md has no heading \[1\.2\.3\]/,
    );
    assert.match(
      release.problemsOf('v1.2.3', 'other/ldctl', files).join(),
      /set repository\.url to git\+https:\/\/github\.com\/other\/ldctl\.git/,
    );
  });

  it('is any, as long as nobody has said whose repository it is', () => {
    const unset = JSON.stringify({ version: '1.2.3', repository: { url: 'git+https://github.com/OWNER/ldctl.git' } });
    assert.equal(release.problemsOf('v1.2.3', 'acme/ldctl', { ...files, package: unset }).length, 1);
  });
});
