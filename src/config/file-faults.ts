import { UsageError } from '../base/errors.js';

const REASONS: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left',
  EDQUOT: 'no space left',
  ENOTDIR: 'a part of the path is not a folder',
  EEXIST: 'a part of the path is not a folder',
  EISDIR: 'it is a folder',
  ENOENT: 'no folder can be made there',
};

/** The code of an error of the file system, or undefined for any other. */
export function fileErrorCode(error: unknown): string | undefined {
  const isFileError = error instanceof Error && 'syscall' in error && 'code' in error;
  return isFileError && typeof error.code === 'string' ? error.code : undefined;
}

/** A foreseen error of the file system as one of ours (exit 2: nothing was sent yet); any other as it came. */
export function fileFault(verb: 'read' | 'write', path: string, error: unknown): unknown {
  const code = fileErrorCode(error);
  if (code === undefined) return error;
  return new UsageError(`cannot ${verb} ${path}: ${REASONS[code] ?? 'the file system refuses'} (${code})`, {
    code: verb === 'read' ? 'config_unreadable' : 'config_unwritable',
    hint: 'ldctl keeps its profiles and its run journal there. LDCTL_CONFIG_DIR names another folder.',
  });
}
