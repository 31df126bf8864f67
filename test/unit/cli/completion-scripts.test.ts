import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const powershell = readFileSync('completions/ldctl.ps1', 'utf8');

/** That it completes is shown in the real shells (test/acceptance/completion.test.ts), of which PowerShell is none. */
describe('the script for PowerShell', () => {
  it('is a completer of a program', () => {
    assert.match(powershell, /^Register-ArgumentCompleter -Native -CommandName ldctl -ScriptBlock \{$/m);
    assert.match(powershell, /^ {4}param\(\$word, \$ast, \$position\)$/m);
  });

  it('asks ldctl with the words before the cursor, and one more, which may be empty', () => {
    assert.match(powershell, /& ldctl __complete @before \$last 2>\$null/);
    assert.match(powershell, /EndOffset -lt \$position/);
    assert.match(powershell, /\$word -eq '' -and .*7\.3.*\$last = '""'/);
  });

  it('quotes what is not plain, and runs nothing of it', () => {
    assert.match(powershell, /\$value\.Replace\("'", "''"\)/);
    assert.doesNotMatch(powershell.replace(/^#.*/gm, ''), /Invoke-Expression|iex\b/);
  });

  it('has its brackets in pairs', () => {
    const text = powershell.replaceAll(/#.*$|'[^'\n]*'|"[^"\n]*"/gm, '');
    for (const [open, close] of ['{}', '()', '[]'].map((pair) => pair.split(''))) {
      assert.equal(text.split(open ?? '').length, text.split(close ?? '').length, open);
    }
  });
});
