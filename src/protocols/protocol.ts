// The contract of a protocol: how a family of model servers names its paths, and how rows of features and predictions are
// read from its bodies. Codecs only read copies in the monitor; they never touch what goes over the wire.

export const PROTOCOL_NAMES = ['open-inference', 'tfserving', 'mlflow', 'json', 'raw'] as const;
export type ProtocolName = (typeof PROTOCOL_NAMES)[number];

export type Value = number | string | boolean | null;

/** One named column, a value for each row. A missing value is `undefined` in sparse inputs and differs from null. */
export interface Column {
  readonly name: string;
  readonly values: readonly (Value | undefined)[];
}

/** Columns of equal length. */
export interface Table {
  readonly rows: number;
  readonly columns: readonly Column[];
}

/** A body as captured: raw bytes and the headers that say how to read them. */
export interface Payload {
  readonly bytes: Uint8Array;
  /** Lower-case name -> value. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The outcome of reading a body: a table, or why there is none. */
export type Reading =
  | { readonly kind: 'table'; readonly table: Table }
  | { readonly kind: 'unreadable'; readonly why: string };

export interface ReadOptions {
  /** Column -> reference tokens of a JSON pointer, where the configuration names features itself. */
  readonly features: Readonly<Record<string, readonly string[]>>;
}

export interface Protocol {
  readonly name: ProtocolName;
  /** Path prefixes under which such a server offers a model of this name; used where `match.path` is absent. */
  defaultPaths(model: string): readonly string[];
  /**
   * Whether a request asks for a decision. The rest (health, metadata) goes to the champion and is not captured.
   * @param path request path below nothing: the whole path, without query
   */
  isDecision(method: string, path: string): boolean;
  readRequest(payload: Payload, options: ReadOptions): Reading;
  readResponse(payload: Payload): Reading;
  /** Members of a JSON body that its reading may look at, pointers of `features` aside; the others never matter. null: any may. */
  readonly looksAt: { readonly request: ReadonlySet<string> | null; readonly response: ReadonlySet<string> | null };
}
