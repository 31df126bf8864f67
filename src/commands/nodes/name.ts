import { usageError } from '../../base/errors.js';
import { ConnectedCommand } from '../../cli/base-command.js';
import type { CommandContext } from '../../cli/context.js';
import { neededArg, optionalArg, switchFlag } from '../../cli/line/flags.js';
import {
  checkNodeName,
  parseNodeRef,
  readNodeNames,
  renameNodes,
} from '../../config/node-names.js';
import { deploymentIdOf, resolveNodes } from '../../cli/asking/named-nodes.js';

export default class NodesName extends ConnectedCommand {
  static override summary = 'Give a node a name, to use in place of its id.';
  static override description =
    'The name is stored on this machine, for this deployment, and works with every profile. Use it in place of the id; ' +
    'at a terminal, ldctl shows it, too. It starts with a letter, and may have letters, digits, dots, dashes and ' +
    'underscores. Case does not matter.';
  static override examples = [
    'ldctl nodes name 610809900976570889 broker-1',
    'ldctl nodes name broker-1 --remove',
    'ldctl activities trigger iggy restart --node broker-1',
  ];
  static override args = {
    node: neededArg('its id or current name'),
    name: optionalArg('its new name'),
  };
  static override flags = {
    remove: switchFlag('Remove the name.'),
  };

  protected override async execute() {
    const { args, flags } = await this.parse(NodesName);
    const { remove } = flags;
    if (remove === (args.name !== undefined)) throw missing('NAME or --remove');
    const name = args.name === undefined ? null : checkNodeName(args.name);
    return this.#nameOne(await this.open(flags), args.node, name);
  }

  async #nameOne(context: CommandContext, typed: string, name: string | null) {
    const [node = 0n] = await resolveNodes(context, [parseNodeRef(typed, 'NODE')]);
    const deployment = await deploymentIdOf(context);
    const before = readNodeNames(context.folders.config, deployment).get(node);
    await renameNodes(context, deployment, new Map([[node, name]]));
    const freed =
      before === undefined ? `node ${node} has no name` : `The name ${before} is free again`;
    const text = name === null ? freed : `node ${node} is named ${name}`;
    const result = { deployment_id: deployment, node_id: node, node_name: name };
    return this.done(context, text, result);
  }
}

const missing = (what: string) =>
  usageError(
    'missing_argument',
    `give either ${what}`,
    'For example: ldctl nodes name 610809900976570889 broker-1',
  );
