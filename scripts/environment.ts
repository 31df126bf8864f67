/** The one table of the variables that ldctl reads; docs/profiles.md and `ldctl help environment` are made from it. */
export const ENVIRONMENT: ReadonlyArray<readonly [names: string, what: string]> = [
  ['LD_API_KEY', 'The API key.'],
  ['LD_API_KEY_FILE', 'A file that contains the API key, such as a mounted secret.'],
  ['LD_TENANT_ID', 'The tenant.'],
  ['LD_DEPLOYMENT_ID', 'The deployment, by id, name or path.'],
  [
    'LD_SUPERVISOR_URL',
    "Base URL of the Supervisor API of `LD_DEPLOYMENT_ID`, else of the profile's deployment.",
  ],
  ['LD_API_URL', 'Base URL of the Core API (never of the Supervisor).'],
  [
    'LD_PROFILE',
    'The profile to use instead of the current one. Unlike with --profile, other LD_* variables take precedence over it.',
  ],
  ['LDCTL_CONFIG_DIR', 'The folder for profiles and the run journal.'],
  ['XDG_CONFIG_HOME', 'On Linux, where the folder `ldctl` with the profiles is: `~/.config`.'],
  ['XDG_STATE_HOME', 'The same for the run journal: `~/.local/state`.'],
  ['HTTPS_PROXY, NO_PROXY', 'The proxy for https, and the hosts to reach without it.'],
  ['NODE_EXTRA_CA_CERTS', 'A file with more certificate authorities to trust.'],
  ['NO_COLOR', 'Turns colour off.'],
  ['FORCE_COLOR, CLICOLOR_FORCE', 'Set, and neither 0 nor false: colour in a pipe, too.'],
  ['CI', 'Set, and neither empty, 0 nor false: nothing is asked, as with --no-input.'],
];
