import type { OnTrace } from '../api/trace.js';
import { formatDuration } from '../base/durations.js';
import { plainText } from '../base/text.js';
import type { Sink } from '../output/streams.js';

/** `--debug`: one line on stderr for each try of each request. There is no key in what it is told. */
export function traceTo(stderr: Sink): OnTrace {
  return ({ method, url, attempt, status, requestId, durationMs, error, retryInMs }) => {
    const parts = [
      `debug: ${method} ${url}`,
      attempt > 1 ? `try ${attempt}` : null,
      status === null ? 'no answer' : String(status),
      `in ${durationMs}ms`,
      requestId === null ? null : `ld-request ${requestId}`,
      error,
      retryInMs === null ? null : `again in ${formatDuration(retryInMs)}`,
    ];
    stderr.write(`${plainText(parts.filter((part) => part !== null).join(', '))}\n`);
  };
}
