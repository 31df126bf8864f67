/**
 * What is in ldctl, as a software bill of materials in CycloneDX. `npm sbom` knows every package of the repository, and
 * takes those that are bundled for tools of its development: here they are what they are, and the tools are left out.
 * @param all what `npm sbom --sbom-format cyclonedx --package-lock-only` prints, parsed
 * @param packages `{ name, version }` of those that are bundled, and of those that are installed beside the bundle
 * @param node the version of the Node in the binaries
 */
export function sbomOf(all, packages, node) {
  const refs = new Set(packages.map(({ name, version }) => `${name}@${version}`));
  const components = all.components.filter((component) => refs.delete(component['bom-ref'])).map(asBundled);
  if (refs.size > 0) throw new Error(`npm sbom does not know ${[...refs].join(', ')}`);

  const root = { ...all.metadata.component, type: 'application', name: 'ldctl' };
  const runtime = {
    'bom-ref': `node@${node}`,
    type: 'platform',
    name: 'node',
    version: node,
    description: 'In the binaries, the packages and the image; the npm package runs on a Node of the user',
    purl: `pkg:generic/node@${node}`,
    licenses: [{ license: { id: 'MIT' } }],
  };
  const kept = new Set(components.map((component) => component['bom-ref']));
  const edges = all.dependencies
    .filter(({ ref }) => kept.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((one) => kept.has(one)) }));
  return {
    ...all,
    metadata: { ...all.metadata, component: root },
    components: [...components, runtime],
    dependencies: [
      { ref: root['bom-ref'], dependsOn: [...kept, runtime['bom-ref']] },
      ...edges,
      { ref: runtime['bom-ref'], dependsOn: [] },
    ],
  };
}

function asBundled(component) {
  return {
    ...component,
    properties: component.properties.filter(({ name }) => name !== 'cdx:npm:package:development'),
  };
}
