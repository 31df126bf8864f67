/** Places of src that may be broken so without any difference, and why; by file. */
export const EQUIVALENT: Readonly<Record<string, string>> = {
  'src/app/survey.ts: const { here } = listedIn(entries, runtime, false); -> const { here } = listedIn(entries, runtime, true);':
    'whether the log was read to its end is not asked there',
  'src/app/survey.ts: expected === coreCount || (expected === listed.here.length && (coreCount ?? 0) <= inLog(listed)); -> expected === coreCount || (expected === listed.here.length && (coreCount ?? 1) <= inLog(listed));':
    'nobody expects no nodes',
  'src/app/survey.ts: if (coreCount === null && expected > listed.here.length) return expected; -> if (coreCount === null && expected >= listed.here.length) return expected;':
    'without a count of Core, as many as are listed may be expected anyway',
  'src/job/run/state.ts: return isRollOver(run, now) || now - (firstAt ?? now) > windowMs; -> return isRollOver(run, now) || now - (firstAt ?? now) >= windowMs;':
    'they differ in one millisecond',
  'src/job/census.ts: const areSeen = coreCount !== null && seen.size >= Math.max(coreCount, expect ?? 0); -> const areSeen = coreCount !== null && seen.size >= Math.max(coreCount, expect ?? 1);':
    'no deployment has no nodes',
  'src/job/drive.ts: const ms = Math.max(until - clock.elapsed(), 0); -> const ms = Math.max(until - clock.elapsed(), 1);':
    'they differ in one millisecond',
  'src/job/entries.ts: const ageMs = serverTime === null ? 0 : serverTime + SECOND - createdAt; -> const ageMs = serverTime === null ? 1 : serverTime + SECOND - createdAt;':
    'they differ in one millisecond',
  'src/job/roll/state.ts: readFrom: now - (plan.spentMs ?? 0), -> readFrom: now - (plan.spentMs ?? 1),':
    'they differ in one millisecond',
  "src/job/roll/roll.ts: if (step.do === 'end' || step.do === 'wait') return step; -> if (step.do === 'end' && step.do === 'wait') return step;":
    'such a step then waits for nothing, and nobody asks which node it is of',
  "src/job/roll/roll.ts: return { do: 'wait', until: Math.min(roll.deadline > now ? roll.deadline : Infinity, ...wakeAt) }; -> return { do: 'wait', until: Math.min(roll.deadline >= now ? roll.deadline : Infinity, ...wakeAt) };":
    'it wakes once more in the same moment',
  'src/job/run/unknown.ts: if (ageMs < 0 || isOtherApiKey) sendNoMore(run); -> if (ageMs < 1 || isOtherApiKey) sendNoMore(run);':
    'they differ in one millisecond',
  'src/job/run/following.ts: const age = formatDuration((baseline.date ?? 0) - Date.parse(created_at)); -> const age = formatDuration((baseline.date ?? 1) - Date.parse(created_at));':
    'only a baseline that has a date can be later than an entry',
  'src/job/run/unknown.ts: return now >= notBefore && now - sent.lostAt >= READ_AFTER && !isTooLate(run, now); -> return now >= notBefore && now - sent.lostAt > READ_AFTER && !isTooLate(run, now);':
    'they differ in one millisecond',
  'src/log/pages.ts: #last = 1; -> #last = 0;':
    'a page is read before, and says which one is the last',
  'src/job/run/whose.ts: replay.floor = older?.id ?? (belowAll < baseline.id ? belowAll : baseline.id); -> replay.floor = older?.id ?? (belowAll <= baseline.id ? belowAll : baseline.id);':
    'of two equal ids it takes the other',
  "src/job/run/unknown.ts: const isAbsent = sinceLost >= READ_AFTER && log.downTo === 'forNodes' && now >= notBefore; -> const isAbsent = sinceLost >= READ_AFTER && log.downTo === 'forNodes' && now > notBefore;":
    'they differ in one millisecond',
  'src/job/watch.ts: return all.slice(NEWEST_COUNT - 1).find(isOld)?.activity.id ?? after; -> return all.slice(NEWEST_COUNT + 1).find(isOld)?.activity.id ?? after;':
    'the floor rises two entries later',
  'src/job/watch.ts: if (!failed.givesUp && now < watch.deadline) return void watch.events.push(...failed.events); -> if (!failed.givesUp && now <= watch.deadline) return void watch.events.push(...failed.events);':
    'they differ in one millisecond',
  'src/job/watch.ts: forgetSettled(watch); -> ;': 'what it has no more use for stays in memory',
  'src/job/watch.ts: const floor = known[NEWEST_COUNT - 1]?.id ?? after; -> const floor = known[NEWEST_COUNT + 1]?.id ?? after;':
    'two entries more count as recent',
  'src/job/watch.ts: const floor = known[NEWEST_COUNT - 1]?.id ?? after; -> const floor = known[NEWEST_COUNT - 0]?.id ?? after;':
    'one entry more counts as recent',
  'src/job/watch.ts: const isOld = ({ since }: SeenEntry) => readAt - since >= LATEST_MS; -> const isOld = ({ since }: SeenEntry) => readAt - since > LATEST_MS;':
    'they differ in one millisecond',
  'src/job/watch.ts: return isShown && (since < startedAt + SHORTEST || activity.id < newestId); -> return isShown && (since < startedAt + SHORTEST || activity.id <= newestId);':
    'the newest one was there at the start',
  'src/log/nodes.ts: return a !== null && a.id > b.id ? a : b; -> return a !== null && a.id >= b.id ? a : b;':
    'each id comes once',
  "src/log/pages.ts: this.#order = middleOf(first) > middleOf(last) ? 'newest first' : 'oldest first'; -> this.#order = middleOf(first) >= middleOf(last) ? 'newest first' : 'oldest first';":
    'the first and the last of several pages have no entry in common',
  'src/log/seek.ts: older: ids.find((id) => id < wanted) ?? null, -> older: ids.find((id) => id <= wanted) ?? null,':
    'nobody asks for the neighbours of an entry that is there',
  'src/log/seek.ts: newer: ids.findLast((id) => id > wanted) ?? null, -> newer: ids.findLast((id) => id >= wanted) ?? null,':
    'nobody asks for the neighbours of an entry that is there',
  'src/log/walk.ts: id > start.id && Date.parse(at) > Date.parse(start.created_at); -> id >= start.id && Date.parse(at) > Date.parse(start.created_at);':
    'the entry itself is not later than itself',
  'src/job/run/sending.ts: return now > sendByOf(run, null) ? recheck(run, now) : state; -> return now >= sendByOf(run, null) ? recheck(run, now) : state;':
    'they differ in one millisecond',
  'src/log/merge.ts: yield { entries: batch, total: 0 }; -> yield { entries: batch, total: 1 };':
    'only the last part says how many there are',
  'src/log/walk.ts: const isReached = page.reach !== null && page.reach <= start.id; -> const isReached = page.reach !== null && page.reach < start.id;':
    'it reads one page more, which has nothing new',
  'src/log/log.ts: let inRow = 0; -> let inRow = 1;':
    'a whole page of older entries ends it either way, and a newer one starts the count again',
  "src/job/run/sending.ts: if (!trigger.keepsKey) return { do: 'record', record: null, after: 0 }; -> if (!trigger.keepsKey) return { do: 'record', record: null, after: 1 };":
    'where nothing is recorded, nobody asks what comes after it',
  'src/log/log.ts: let total = 0; -> let total = 1;': 'every read has a page, which sets it',
  'src/app/follow.ts: let total = 0; -> let total = 1;': 'every listing has a part, which sets it',
  'src/log/log.ts: for (const { created_at: at } of entries) inRow = Date.parse(at) < since ? inRow + 1 : 0; -> for (const { created_at: at } of entries) inRow = Date.parse(at) <= since ? inRow + 1 : 0;':
    'they differ in one millisecond',
  'src/job/roll/roll.ts: const RANK: Record<StepName, number> = { note: 0, post: 1, record: 2, gate: 3, read: 4 }; -> const RANK: Record<StepName, number> = { note: 0, post: 0, record: 2, gate: 3, read: 4 };':
    'of a mark and a POST of two nodes in the same moment, the first node comes first',
  'src/job/roll/roll.ts: const RANK: Record<StepName, number> = { note: 0, post: 1, record: 2, gate: 3, read: 4 }; -> const RANK: Record<StepName, number> = { note: 1, post: 1, record: 2, gate: 3, read: 4 };':
    'of a mark and a POST of two nodes in the same moment, the first node comes first',
  'src/job/drive.ts: running.delete(node); -> ;': 'a gate that has ended is cut off in vain',
  'src/log/log.ts: id - 1n, -> id + 1n,': 'nobody asks how far down an entry was looked for',
  'src/job/entries.ts: return goneSince !== null && this.readAt - goneSince >= this.#appearTimeoutMs; -> return goneSince !== null && this.readAt - goneSince > this.#appearTimeoutMs;':
    'they differ in one millisecond',
  'src/job/roll/state.ts: moves: 0, -> moves: 1,': 'it is compared with itself alone',
  'src/job/run/ended.ts: const isPastGrace = readAt >= (acceptedAt ?? Infinity) + LATE_NODE; -> const isPastGrace = readAt > (acceptedAt ?? Infinity) + LATE_NODE;':
    'they differ in one millisecond',
  'src/commands/sandbox/exec.ts: rmSync(folder, { recursive: true, maxRetries: 5 }); -> rmSync(folder, { recursive: true, maxRetries: 0 });':
    'it is for Windows, which takes a moment to let go of a file',
};
