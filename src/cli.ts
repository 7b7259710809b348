#!/usr/bin/env node
// Where a command line enters: refuses a Node that is too old before anything newer is loaded, hands the words to
// commands/program.ts, and turns its answer into the exit code. Nothing is imported above the check, on purpose.

const NODE_MAJOR_MIN = 24;

if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR_MIN) {
  process.stderr.write(
    `headgate: Node ${process.versions.node} is too old; Node ${NODE_MAJOR_MIN} or later is needed. ` +
      'In a clone, run it through npm (npm start, npm run headgate -- ...), which brings its own.\n',
  );
  process.exitCode = 69;
} else {
  // A reader that has seen enough (| head) is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exitCode = 0;
  });
  // What waits for a disk, and what looks up the name of an upstream, wait on the threads of one pool, four unless told otherwise:
  // a disk that does not answer would take them all. It is read once, before the pool is first used.
  process.env.UV_THREADPOOL_SIZE ??= '64';
  // Compiled code is kept between starts (threads inherit it): the second start takes half the time of the first.
  const { enableCompileCache } = await import('node:module');
  enableCompileCache();
  const { runProgram } = await import('./commands/program.ts');
  process.exitCode = await runProgram(process.argv.slice(2));
}
