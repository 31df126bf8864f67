import { Agent, type ClientRequestArgs } from 'node:http';
import { Duplex } from 'node:stream';

/** One end of a connection within this process: what is written to it, the other one reads. */
export class End extends Duplex {
  /** Until it is connected; Node's sockets have it, too. */
  connecting = false;
  /** Whether what comes next on it is a matter of virtual time. */
  isHeld = false;
  #other: End | null = null;
  #isEnded = false;

  static pair(): [End, End] {
    const [one, other] = [new End(), new End()];
    one.#other = other;
    other.#other = one;
    return [one, other];
  }

  override _read(): void {
    // All of it is pushed at once.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.#other && !this.#other.#isEnded) this.#other.push(chunk);
    done();
  }

  override _final(done: () => void): void {
    this.#other?.hangUp();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#isEnded = true;
    this.#other?.hangUp();
    done(error);
  }

  /** The other one has closed. */
  hangUp(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.push(null);
  }
}

/** Connects a command to what listens in this process, without a socket. */
export class LocalAgent extends Agent {
  /** Of a request over https, too, which then fails for its host. */
  protocol = '';
  /** Hosts that there is no session with, and that would have been sent the key. */
  readonly strangers: string[] = [];
  readonly #open = new Set<End>();

  /**
   * @param port where it listens; no other port of this machine does
   * @param accept takes the server's end
   * @param isRefused whether the next connection is
   */
  constructor(
    private readonly port: number,
    private readonly accept: (end: End) => void,
    private readonly isRefused: () => boolean,
  ) {
    super();
  }

  /** Whether a request or an answer is on its way, and not held. */
  get isBusy(): boolean {
    return [...this.#open].some(({ isHeld }) => !isHeld);
  }

  override createConnection({ host, port }: ClientRequestArgs): Duplex {
    const [client, server] = End.pair();
    this.#open.add(server);
    client.once('close', () => {
      this.#open.delete(server);
      server.destroy();
    });
    if (host !== '127.0.0.1') this.strangers.push(String(host));
    if (host !== '127.0.0.1' || Number(port) !== this.port || this.isRefused()) {
      client.connecting = true;
      const why = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
      setImmediate(() => client.destroy(why));
    } else this.accept(server);
    return client;
  }
}
