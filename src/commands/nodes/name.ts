import { usageError } from '../../base/errors.js';
import { count } from '../../base/text.js';
import { ConnectedCommand } from '../../cli/base-command.js';
import type { CommandContext } from '../../cli/context.js';
import { optionalArg, switchFlag, textFlag } from '../../cli/flags.js';
import { readNames } from '../../cli/names-from.js';
import {
  checkFree,
  checkNodeName,
  parseNodeRef,
  readNodeNames,
  renameNodes,
} from '../../config/node-names.js';
import { deploymentIdOf, resolveNodes } from '../../cli/nodes.js';

export default class NodesName extends ConnectedCommand {
  static override summary = 'Give a node a name, to use in place of its id.';
  static override description =
    'The name is stored on this machine, for this deployment, and works with every profile. Use it in place of the id; ' +
    'at a terminal, ldctl shows it, too. It starts with a letter, and may have letters, digits, dots, dashes and ' +
    'underscores. Case does not matter. With --from, all names of a file are given, or none: CSV with an id and a name ' +
    'on each line, or JSON as `nodes list -o json` prints.';
  static override examples = [
    'ldctl nodes name 610809900976570889 broker-1',
    'ldctl nodes name broker-1 --remove',
    'ldctl nodes name --from names.csv',
    'ldctl activities trigger iggy restart --node broker-1',
  ];
  static override args = {
    node: optionalArg('its id or current name'),
    name: optionalArg('its new name'),
  };
  static override flags = {
    remove: switchFlag('Remove the name.'),
    from: textFlag('FILE', 'Name each node in this file; - reads stdin.'),
  };

  protected override async execute() {
    const { args, flags } = await this.parse(NodesName);
    const { from, remove } = flags;
    if (from !== undefined && !args.node && !remove) {
      return this.#nameAll(await this.open(flags), from);
    }
    if (from !== undefined || !args.node) throw missing('NODE and NAME, or --from FILE');
    if (remove === (args.name !== undefined)) throw missing('NAME or --remove');
    const name = args.name === undefined ? null : checkNodeName(args.name);
    return this.#nameOne(await this.open(flags), args.node, name);
  }

  async #nameOne(context: CommandContext, typed: string, name: string | null) {
    const [node = 0n] = await resolveNodes(context, [parseNodeRef(typed, 'NODE')]);
    const deployment = await deploymentIdOf(context);
    const before = readNodeNames(context.folder, deployment).get(node);
    await renameNodes(context, deployment, new Map([[node, name]]));
    const freed =
      before === undefined ? `node ${node} has no name` : `The name ${before} is free again`;
    const text = name === null ? freed : `node ${node} is named ${name}`;
    const result = { deployment_id: deployment, node_id: node, node_name: name };
    return this.done(context, text, result);
  }

  /** Says what changes, and then does it. */
  async #nameAll(context: CommandContext, path: string) {
    const { names, deployments } = await readNames(context, path);
    const deployment = await deploymentIdOf(context);
    const other = deployments.find((id) => id !== String(deployment));
    if (other) {
      throw usageError(
        'invalid_names',
        `--from: it has nodes of deployment ${other}, and this is ${deployment}`,
        'Give the nodes of one deployment at a time.',
      );
    }
    const before = readNodeNames(context.folder, deployment);
    checkFree(before, names);
    const changed = [...names].filter(([node, name]) => before.get(node) !== name);
    for (const [node, name] of changed) {
      const old = before.get(node);
      context.say(`${node}: ${name}${old === undefined ? '' : `, until now ${old}`}`);
    }
    await renameNodes(context, deployment, names);
    const [named, kept] = [changed.length, names.size - changed.length];
    const rest = kept === 0 ? '' : `; ${count(kept, 'node')} had that name already`;
    const result = { deployment_id: deployment, named, unchanged: kept };
    return this.done(context, `named ${count(named, 'node')}${rest}`, result);
  }
}

const missing = (what: string) =>
  usageError(
    'missing_argument',
    `give either ${what}`,
    'For example: ldctl nodes name 610809900976570889 broker-1',
  );
