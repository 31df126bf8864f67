export const DEPLOYMENT = '7263012455120900033';
/** How long an activity takes, ms. */
export const WORK_MS = 500;

const FIRST_ID = 7_301_845_022_003_200_001n;
const NODES = 9;
const FIRST_NODE = 610_809_900_976_570_889n;

/** The id of the nth entry, from 0. */
export function idOf(n: number): string {
  return String(FIRST_ID + BigInt(n) * 37n);
}

/** The nth entry as it goes over the wire. */
export function entryText(n: number, createdAt: number, status: string): string {
  const finished = status === 'processing' ? null : new Date(createdAt + WORK_MS).toISOString();
  return (
    `{"id":${idOf(n)},"tenant_id":7261845022003200001,"division_id":7261845022003200101,` +
    `"environment_id":7261845022003200202,"deployment_id":${DEPLOYMENT},"author_id":608123456789012346,` +
    `"runtime":"iggy","action":"restart","node_id":${FIRST_NODE + BigInt(n % NODES)},"status":"${status}",` +
    `"created_at":"${new Date(createdAt).toISOString()}","finished_at":${JSON.stringify(finished)}}`
  );
}
