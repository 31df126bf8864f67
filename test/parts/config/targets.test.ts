import assert from 'node:assert/strict';
import { flagsOfEach, flagsOfOne, type TargetFlags } from '../../../src/config/targets.js';
import { profileNamed } from './fixtures.js';

const HERE = { tenant_id: 1n, deployment_id: 71n };
const PROFILES = [
  profileNamed('staging', HERE),
  profileNamed('staging-2', HERE),
  profileNamed('other', { tenant_id: 2n, deployment_id: undefined, deployment_name: 'main' }),
  profileNamed('bare', { tenant_id: 2n, deployment_id: undefined }),
];

/** Which each names: a profile, a deployment, or both. */
async function named(flags: TargetFlags, names: readonly string[] = []): Promise<string[]> {
  const pathsOf = ({ deployment }: { deployment?: string | undefined }) =>
    Promise.resolve(names.filter((name) => name === deployment).map((name) => `a/b/${name}`));
  const each = await flagsOfEach(flags, { profiles: PROFILES }, pathsOf);
  return each.map(({ profile = '', deployment = '' }) => `${profile}|${deployment}`);
}

describe('config/targets: which deployments are named', () => {
  const TAKEN: ReadonlyArray<[TargetFlags, string[]]> = [
    [{}, ['|']],
    [{ profile: ['a'] }, ['a|']],
    [{ profile: ['b,a'] }, ['b|', 'a|']],
    [{ profile: ['b', 'a, c'] }, ['b|', 'a|', 'c|']],
    [{ deployment: ['72', '71'] }, ['|72', '|71']],
    [{ profile: ['a'], deployment: ['72,71'] }, ['a|72', 'a|71']],
    [{ deployment: ['one, too', 'x,y'] }, ['|one, too', '|x', '|y']],
    [{ 'all-profiles': true }, ['staging|', 'other|']],
  ];
  for (const [flags, wanted] of TAKEN) {
    it(`takes ${JSON.stringify(flags)}`, async () => {
      assert.deepEqual(await named(flags, ['one, too']), wanted);
    });
  }

  const REFUSED: ReadonlyArray<[TargetFlags, string]> = [
    [{ profile: ['a,a'] }, 'deployment_twice'],
    [{ deployment: ['71', '72,71'] }, 'deployment_twice'],
    [{ profile: ['a,'] }, 'empty_name'],
    [{ deployment: ['', '71'] }, 'empty_name'],
    [{ profile: ['a,b'], deployment: ['71'] }, 'not_together'],
  ];
  for (const [flags, code] of REFUSED) {
    it(`refuses ${JSON.stringify(flags)}`, async () => {
      await assert.rejects(named(flags), { code, exit: 'usage' });
    });
  }

  it('refuses the name of one deployment that is a list of others, too', async () => {
    await assert.rejects(named({ deployment: ['one,too'] }, ['one,too', 'one', 'too']), {
      exit: 'usage',
      message: /a list of others: a\/b\/one,too, a\/b\/one, a\/b\/too$/,
    });
    assert.deepEqual(await named({ deployment: ['one,too'] }, ['one,too', 'one']), ['|one,too']);
  });

  it('refuses every profile where none has a deployment', async () => {
    const profiles = PROFILES.slice(3);
    const asked = flagsOfEach({ 'all-profiles': true }, { profiles }, () => Promise.resolve([]));
    await assert.rejects(asked, { code: 'no_profile' });
  });
});

describe('config/targets: a command that acts on one deployment', () => {
  const SEVERAL: readonly TargetFlags[] = [
    { profile: 'a,b' },
    { deployment: '71,72' },
    { profile: ['a', 'b'] },
  ];
  for (const flags of SEVERAL) {
    it(`refuses ${JSON.stringify(flags)}`, () => {
      assert.throws(() => flagsOfOne(flags), { code: 'several_deployments', exit: 'usage' });
    });
  }

  it('takes a name with a comma, which Core may know', () => {
    assert.equal(flagsOfOne({ deployment: 'one, too' }).deployment, 'one, too');
  });
});
