import { readdirSync, readFileSync } from 'node:fs';

/** Which processes had a text among their arguments, or in their environment, since this was begun. */
export class ProcessWatch {
  /** What was found, as `PID arguments: …`. */
  readonly found: string[] = [];
  /** How many processes were looked at; each as often as it was there. */
  looks = 0;
  readonly #secret: string;
  readonly #timer: NodeJS.Timeout;

  /** Looks at every process of the machine, again and again. Linux only: it reads /proc. */
  constructor(secret: string, everyMs = 25) {
    this.#secret = secret;
    this.#timer = setInterval(() => this.#look(), everyMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      this.#check(pid, 'arguments', 'cmdline');
      this.#check(pid, 'environment', 'environ');
      this.looks += 1;
    }
  }

  #check(pid: string, what: string, file: string): void {
    const text = readIfThere(`/proc/${pid}/${file}`);
    if (text.includes(this.#secret)) this.found.push(`${pid} ${what}: ${readIfThere(`/proc/${pid}/cmdline`)}`);
  }
}

/** A process may have ended since it was listed, or be another user's. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
