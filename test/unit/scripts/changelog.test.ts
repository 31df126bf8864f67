import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { ROOT } from '../../helpers/root.js';
import { releaseNotes } from '../../../scripts/changelog.js';

const CHANGELOG = `# Changelog

## [Unreleased]

### Fixed

- something [new]

## [1.10.0] - 2026-06-01

### Added

- ten

## [1.1.0] - 2026-05-01

- one

[1.1.0]: https://example.com/1.1.0
`;

describe('the release notes', () => {
  it('are what stands below the heading of a version', () => {
    assert.equal(releaseNotes(CHANGELOG, '1.10.0'), '### Added\n\n- ten');
    assert.equal(releaseNotes(CHANGELOG, 'v1.1.0'), '- one');
    assert.equal(releaseNotes(CHANGELOG, 'unreleased'), '### Fixed\n\n- something [new]');
  });

  it('are those of the newest release, or of what is not released where there is none', () => {
    assert.equal(releaseNotes(CHANGELOG), '### Added\n\n- ten');
    assert.equal(releaseNotes('## [Unreleased]\n\n- soon\n'), '- soon');
  });

  it('are refused for a version that is not there, or has nothing', () => {
    assert.throws(() => releaseNotes(CHANGELOG, '1.1'), /no version 1\.1; there is Unreleased, 1\.10\.0, 1\.1\.0/);
    assert.throws(() => releaseNotes('## [2.0.0]\n\n## [1.0.0]\n- x\n', '2.0.0'), /nothing is said of 2\.0\.0/);
  });

  it('are printed by the script, which ends with 2 where there are none', () => {
    const print = (version: string) =>
      spawnSync(process.execPath, ['--import', 'tsx', 'scripts/release-notes.ts', version], {
        cwd: ROOT,
        encoding: 'utf8',
      });
    assert.match(print('99.0.0').stderr, /^error: CHANGELOG\.md: no version 99\.0\.0; there is .*\n$/);
    assert.equal(print('99.0.0').status, 2);
  });
});
