const UNRELEASED = 'Unreleased';

/**
 * What a changelog in the form of Keep a Changelog says of one version, without its heading.
 * @param version `1.2.0`, `v1.2.0` or `Unreleased`; without it the newest one that was released, if any was
 * @throws Error naming the versions there are
 */
export function releaseNotes(changelog: string, version?: string): string {
  const sections = changelog
    .split(/^## /m)
    .slice(1)
    .map((section) => ({
      name: /^\[?([^\]\s]+)/.exec(section)?.[1] ?? '',
      // The addresses of links stand below the last section.
      text: section
        .replace(/^.*\n/, '')
        .replace(/^\[[^\]]+\]: .*$/gm, '')
        .trim(),
    }));
  const newest = sections.find(({ name }) => name !== UNRELEASED)?.name ?? UNRELEASED;
  const wanted = version?.replace(/^v(?=\d)/, '') ?? newest;
  const found = sections.find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
  if (!found) throw new Error(`no version ${wanted}; there is ${sections.map(({ name }) => name).join(', ')}`);
  if (found.text === '') throw new Error(`nothing is said of ${found.name}`);
  return found.text;
}
