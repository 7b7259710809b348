// The command line of the rival servers: where to listen and where to pass requests on to, always on this machine.

export interface ServerArguments {
  readonly port: number;
  readonly upstream: string;
}

export function serverArguments(): ServerArguments {
  const [port, upstream] = process.argv.slice(2).map(Number);
  if (!Number.isInteger(port) || !Number.isInteger(upstream))
    throw new Error('usage: node SERVER.ts PORT UPSTREAM_PORT');
  return { port: port ?? 0, upstream: `http://127.0.0.1:${upstream}` };
}
