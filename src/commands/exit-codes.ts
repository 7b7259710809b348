// Exit codes of every command, after BSD's sysexits.h, so that scripts can tell a typing error from a bad configuration.

export const EXIT = {
  ok: 0,
  /** The command ran and its answer is no. */
  failed: 1,
  /** EX_USAGE: unknown command or option, a value that is none. */
  usage: 64,
  /** EX_DATAERR: no such model, version or unit. */
  data: 65,
  /** EX_UNAVAILABLE: a port in use, a folder that cannot be written. */
  unavailable: 69,
  /** EX_SOFTWARE: a fault of Headgate itself. */
  software: 70,
  /** EX_TEMPFAIL: a file was changed meanwhile; the same again may do better. */
  retry: 75,
  /** EX_CONFIG: problems in the configuration. */
  config: 78,
  /** 128 and SIGINT: it was interrupted, and says how far it came. */
  interrupted: 130,
} as const;
