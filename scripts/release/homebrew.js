import { archiveOf, sumOf, TARGETS } from './targets.js';

const SYSTEMS = { macos: 'darwin', linux: 'linux' };
const PROCESSORS = { arm: 'arm64', intel: 'x64' };

/**
 * The formula of a release.
 * @param project as `projectOf` gives it
 * @param sums SHA-256, in hex, by the name of the file
 */
export function formula({ version, description, license, homepage }, sums) {
  const systems = Object.entries(SYSTEMS).map(([system, platform]) => {
    const processors = Object.entries(PROCESSORS).map(([processor, arch]) => {
      const file = archiveOf(TARGETS.find(({ name }) => name === `${platform}-${arch}`));
      return `    on_${processor} do
      url "${homepage}/releases/download/v${version}/${file}"
      sha256 "${sumOf(sums, file)}"
    end
`;
    });
    return `  on_${system} do\n${processors.join('')}  end\n`;
  });
  return `# Made by scripts/release/homebrew.js, with the release.
class Ldctl < Formula
  desc "${description.split(',')[0]}"
  homepage "${homepage}"
  version "${version}"
  license "${license}"

${systems.join('\n')}
  def install
    bin.install "ldctl"
    man1.install "man/ldctl.1"
    bash_completion.install "completions/ldctl.bash" => "ldctl"
    zsh_completion.install "completions/ldctl.zsh" => "_ldctl"
    fish_completion.install "completions/ldctl.fish"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/ldctl --version")
  end
end
`;
}
