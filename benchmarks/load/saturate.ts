// Closed-loop load with wrk: as many requests as a candidate can take. Good for CPU per request when there is no idle time to
// hide in; its latencies say nothing and are not read.

import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPool, type Pool, SHAPE, type Shape } from '../workload.ts';

/** From the system's packages, as nginx and haproxy are. */
const PROGRAM = 'wrk';
const SECONDS_MAX = 200;

interface SaturationResult {
  readonly completed: number;
  readonly failed: number;
  readonly requestsPerSecond: number;
}

export interface Saturator {
  run(port: number, connections: number, seconds: number, shape?: Shape): Promise<SaturationResult>;
}

/** @param folder where scripts and pools are written to */
export function createSaturator(folder: string): Saturator {
  const scripts = new Map<string, string>();
  const scriptFor = (shape: Shape): string => {
    const key = JSON.stringify(shape);
    const known = scripts.get(key);
    if (known !== undefined) return known;
    const pool = createPool(shape);
    const file = join(folder, `pool-${scripts.size}.bin`);
    const script = join(folder, `wrk-${scripts.size}.lua`);
    writeFileSync(file, pool.bytes);
    writeFileSync(script, lua(file, pool));
    scripts.set(key, script);
    return script;
  };
  return {
    async run(port, connections, seconds, shape = SHAPE) {
      if (seconds > SECONDS_MAX) throw new Error('an order over the bounds of the load generator');
      const output = await wrk([
        '-t1',
        `-c${connections}`,
        `-d${Math.ceil(seconds)}s`,
        '-s',
        scriptFor(shape),
        `http://127.0.0.1:${port}/`,
      ]);
      const summary = /^SUMMARY (\d+) (\d+) (\d+)$/m.exec(output);
      if (summary === null) throw new Error(`wrk printed no summary: ${output}`);
      const [requests = 0, failed = 0, durationUs = 1] = summary.slice(1).map(Number);
      return {
        completed: requests - failed,
        failed,
        requestsPerSecond: Math.round((requests - failed) / (durationUs / 1e6)),
      };
    },
  };
}

function wrk(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      PROGRAM,
      args,
      { encoding: 'utf8', timeout: (SECONDS_MAX + 5) * 1000 },
      (error, stdout, stderr) => {
        process.off('exit', kill);
        if (error === null) resolve(stdout);
        else reject(new Error(`wrk failed: ${stderr || error.message}`));
      },
    );
    const kill = (): void => {
      child.kill('SIGKILL');
    };
    process.once('exit', kill);
  });
}

/** Requests of the pool in turn; wrk's own pattern for prepared requests (SCRIPTING in its sources). */
function lua(file: string, pool: Pool): string {
  return `local file = assert(io.open(${JSON.stringify(file)}, "rb"))
local pool = file:read("*a")
file:close()
local requests = {}
for i = 1, ${pool.count} do requests[i] = pool:sub((i - 1) * ${pool.size} + 1, i * ${pool.size}) end
local at = 0
request = function()
  at = at % ${pool.count} + 1
  return requests[at]
end
done = function(summary)
  local e = summary.errors
  io.write(string.format("SUMMARY %d %d %d\\n", summary.requests, e.status + e.read + e.write + e.timeout + e.connect, summary.duration))
end
`;
}
