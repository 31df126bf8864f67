import assert from 'node:assert/strict';
import { parse as parseExactly } from 'lossless-json';
import { withEnv } from '../../helpers/env.js';
import { type StartSandboxOptions } from '../../../src/sandbox/options.js';
import { inLine, isOutput, readScript, ScriptError, stepText, type Step } from './script.js';
import { Session, type OnTerminal } from './session.js';

/** Plays a session. @returns its text, as it is now. @throws ScriptError */
export function playSession(text: string, onTerminal: OnTerminal = () => {}): Promise<string> {
  // At a terminal times are those of the place where it stands.
  return withEnv({ TZ: 'UTC' }, () => play(text, onTerminal));
}

async function play(text: string, onTerminal: OnTerminal): Promise<string> {
  const { steps } = readScript(text);
  const first = steps.find(({ is }) => is !== 'note');
  const settings = first?.is === 'event' && first.text.startsWith('sandbox ') ? first : null;
  const session = await openSession(settings, onTerminal);
  const shown: string[] = [];
  try {
    for (const [at, step] of steps.entries()) {
      // A comment is about what comes after it.
      const next = steps.slice(at).find(({ is }) => is !== 'note') ?? step;
      await inLine(step, () => session.before(next));
      shown.push(...session.takeLines());
      if (step === first || isBetween(shown, session)) shown.push('');
      shown.push(stepText(step));
      if (step !== settings) await inLine(step, () => session.play(step));
      shown.push(...session.takeLines());
    }
    await inLine(steps.at(-1) ?? assert.fail(), () => session.end());
    shown.push(...session.takeLines());
  } catch (error) {
    const soFar = [...shown.slice(-40), ...session.takeLines()].join('\n');
    if (error instanceof ScriptError) error.message += `\nso far:\n${soFar}`;
    throw error;
  } finally {
    session.close();
  }
  return `${shown.join('\n')}\n`;
}

function openSession(settings: Step | null, onTerminal: OnTerminal): Promise<Session> {
  if (!settings) return Promise.resolve(new Session({}, onTerminal));
  return inLine(settings, () => new Session(readSettings(settings.text), onTerminal));
}

/** Whether a command has just ended. */
function isBetween(shown: readonly string[], { isRunning }: Session): boolean {
  return isOutput(shown.at(-1) ?? '#') && !isRunning;
}

/** Ids are read digit for digit: whole numbers in a list are ids. */
function readSettings(text: string): StartSandboxOptions {
  const settings = parseExactly(text.slice('sandbox '.length), undefined, BigInt) as object;
  const options = Object.entries(settings).map(([name, value]: [string, unknown]) => [
    name,
    typeof value === 'bigint' ? Number(value) : value,
  ]);
  return Object.fromEntries(options) as StartSandboxOptions;
}
