import { ConnectedDeployment } from '../../src/library/connected-deployment.js';
import { type DeploymentTools } from '../../src/library/deployment-tools.js';
import { type RollRecord } from '../../src/base/old-journal.js';
import { type RunEvent } from '../../src/library/run-result.js';
import { MemoryJournal } from './memory-journal.js';
import { JobBench } from './run.js';

/** The library on a server in memory and in virtual time. */
export class LibraryBench extends JobBench {
  readonly rolls = new MemoryJournal<RollRecord>();
  readonly heard: RunEvent[] = [];

  constructor() {
    super();
    this.supervisor.addHistory(3, { createdAt: this.clock.now() - 3_600_000 });
  }

  /** @param changes such as `journals: null`, for a program that keeps no journal */
  deployment(changes: Partial<DeploymentTools> = {}): ConnectedDeployment {
    return new ConnectedDeployment(this.deploymentTools(changes));
  }

  deploymentTools(changes: Partial<DeploymentTools> = {}): DeploymentTools {
    const journals = { isOfCommands: false, runs: () => this.journal, rolls: () => this.rolls };
    return {
      ...{ deploymentId: 71n, supervisor: this.supervisor, expectedTenant: null, clock: this.clock },
      ...{
        random: () => 0.5,
        journals,
        later: { target: ['--deployment', '71'], shell: 'sh' as const },
        keepNodes: null,
      },
      ...changes,
    };
  }

  readonly onEvent = (event: RunEvent): void => void this.heard.push(event);
}
