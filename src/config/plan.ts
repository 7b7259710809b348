// The Plan: what a configuration means once every problem is out of it. Immutable, plain data (it crosses threads by
// structured clone), swapped whole on reload. Quantities carry their unit in the name; names of versions are already indices.

import type { ProtocolName } from '../protocols/protocol.ts';

export interface Plan {
  /** Hash of the content, 16 hex digits; equal on every replica that read the same files. Secrets enter by the names of their variables only. */
  readonly generation: string;
  /** Counts the Plans of this process, from 1: what exchange records carry. */
  readonly serial: number;
  readonly listen: ListenPlan;
  readonly admin: AdminPlan;
  /** Absolute path of the folder for captures and state. */
  readonly data: string;
  readonly captures: CapturesPlan;
  /** Where records are sent on to, in the order of the file. */
  readonly sinks: readonly SinkPlan[];
  readonly alarms: AlarmsPlan;
  readonly drift: DriftBudgetPlan;
  readonly telemetry: TelemetryPlan;
  readonly models: readonly ModelPlan[];
}

export interface ListenPlan {
  readonly host: string;
  readonly port: number;
  readonly threads: number;
  readonly bodyBytesMax: number;
  /** A body up to this size is held, so that it can be retried, mirrored and captured whole; a longer one is streamed. */
  readonly bodyBytesHeld: number;
  readonly headBytesMax: number;
  readonly drainMs: number;
  /** Per thread: calls in flight above this are refused. */
  readonly inflightMax: number;
  /** Per thread. */
  readonly connectionsMax: number;
  readonly timeout: {
    /** For the head of a request to arrive. */
    readonly headMs: number;
    /** For the whole request to arrive. */
    readonly requestMs: number;
    /** A kept-alive connection without a request. */
    readonly idleMs: number;
    /** A client that takes no byte of a waiting answer. */
    readonly stallMs: number;
  };
  readonly tls: ServerTlsPlan | null;
  /** Whether plain requests over plain connections take the fast lane, in and out. */
  readonly fastLane: boolean;
}

/** PEM texts, already read. */
export interface ServerTlsPlan {
  readonly cert: string;
  readonly key: string;
  /** Authorities for client certificates; null: none are asked for. */
  readonly clientCa: string | null;
  /** Whether a connection without a valid client certificate is refused. */
  readonly clientRequired: boolean;
}

export interface ClientTlsPlan {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
  readonly serverName: string | null;
  readonly verify: boolean;
}

/** What all models share of drift. */
export interface DriftBudgetPlan {
  /** Above 0. */
  readonly falseAlarmsPerWeek: number;
}

export interface AdminPlan {
  readonly host: string;
  readonly port: number;
  readonly token: string | null;
}

export interface TelemetryPlan {
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Fraction of decisions with an access-log line, 0 to 1. */
  readonly accessLog: number;
  readonly traces: {
    /** OTLP/HTTP endpoint, e.g. http://127.0.0.1:4318/v1/traces; null: no export. */
    readonly endpoint: string | null;
    readonly headers: Readonly<Record<string, string>>;
    /** Fraction of decisions sampled where the caller did not decide, 0 to 1. */
    readonly sample: number;
    readonly serviceName: string;
  };
}

export interface ModelPlan {
  readonly name: string;
  readonly owner: string | null;
  readonly description: string | null;
  readonly protocol: ProtocolName;
  readonly match: MatchPlan;
  /** Index into versions. */
  readonly champion: number;
  readonly versions: readonly VersionPlan[];
  readonly sticky: StickyPlan | null;
  /** Mixed into the hash; the model's name unless configured. */
  readonly salt: string;
  /** Share per version, in the order of `versions`, summing to 1. */
  readonly split: readonly number[];
  /** Unit -> index of its version. */
  readonly overrides: ReadonlyMap<string, number>;
  readonly rules: readonly RulePlan[];
  /** Fraction of the units that take part, in whole slots; the others get the champion. In a layer: the model's part of it. */
  readonly eligible: number;
  /** Fraction of the units that no split takes, in whole slots; the same units in every model. */
  readonly holdout: number;
  readonly layer: LayerPlan | null;
  readonly drain: DrainPlan | null;
  readonly mirrors: readonly MirrorPlan[];
  readonly fallback: boolean;
  readonly retry: RetryPlan;
  readonly timeout: TimeoutPlan;
  readonly breaker: BreakerPlan;
  /** Per thread: calls of this model in flight above this are refused. */
  readonly inflightMax: number;
  readonly capture: CapturePlan;
  /** Column name -> JSON pointer into one row (or the body); empty: the protocol names the columns. */
  readonly features: Readonly<Record<string, string>>;
  readonly drift: DriftPlan;
  /** How good the predictions turn out; null: nobody says what they are to be held against. */
  readonly quality: QualityPlan | null;
}

export interface MatchPlan {
  /** Path prefixes on segment borders, without a trailing slash; '' matches every path. */
  readonly paths: readonly string[];
  /** Upper case; null: any. */
  readonly methods: readonly string[] | null;
  /** Lower case, without port; null: any. */
  readonly host: string | null;
  /** Lower-case name -> exact value as on the wire: a character per byte of UTF-8. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface VersionPlan {
  readonly name: string;
  readonly endpoints: readonly EndpointPlan[];
  readonly balance: 'leastBusy' | 'roundRobin';
  readonly health: HealthPlan | null;
  readonly auth: AuthPlan | null;
  readonly tls: ClientTlsPlan | null;
  /** Connections per endpoint and thread. */
  readonly connectionsMax: number;
  /** Lineage facts as written: revision, run. */
  readonly lineage: Readonly<Record<string, string>>;
}

export interface EndpointPlan {
  /** scheme://host:port */
  readonly origin: string;
  /** Exact path (with query) that replaces the request's; null: the request's target is kept. */
  readonly path: string | null;
}

export interface HealthPlan {
  readonly path: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Consecutive answers that change an endpoint's mind. */
  readonly healthyAfter: number;
  readonly unhealthyAfter: number;
}

export type AuthPlan =
  | { readonly type: 'bearer'; readonly token: string }
  | { readonly type: 'header'; readonly name: string; readonly value: string };

export interface StickyPlan {
  readonly source:
    | { readonly kind: 'header'; readonly name: string }
    | { readonly kind: 'query'; readonly name: string }
    | { readonly kind: 'cookie'; readonly name: string }
    /** Unescaped reference tokens of a JSON pointer (RFC 6901). */
    | { readonly kind: 'body'; readonly tokens: readonly string[] };
  readonly missing: 'random' | 'champion' | 'reject';
}

export interface RulePlan {
  /** Every condition must hold. */
  readonly when: {
    /** Lower-case name -> exact value as on the wire: a character per byte of UTF-8. */
    readonly headers: Readonly<Record<string, string>>;
    readonly query: Readonly<Record<string, string>>;
    /** Path prefix on a segment border; null: any. */
    readonly path: string | null;
    readonly body: readonly BodyCondition[];
  };
  readonly split: readonly number[];
}

/** A string, or the source text of a number, true, false or null, at a place in a JSON body. */
export interface BodyCondition {
  /** Unescaped reference tokens of a JSON pointer. */
  readonly tokens: readonly string[];
  readonly value: string;
}

/** Models that exclude each other: each unit belongs to one of them at most. Equal in all models of the layer. */
export interface LayerPlan {
  readonly name: string;
  /** Names of its models, sorted, and '' for the part that none has. */
  readonly members: readonly string[];
  /** Their parts, in the same order, summing to 1. */
  readonly shares: readonly number[];
}

export interface DrainPlan {
  readonly version: number;
  readonly forMs: number;
  /** Units remembered, per thread. */
  readonly unitsMax: number;
}

export interface MirrorPlan {
  readonly version: number;
  /** Fraction of decisions, 0 to 1, chosen by the hash of the decision id. */
  readonly share: number;
  readonly timeoutMs: number;
  /** Bounds per thread. */
  readonly callsMax: number;
  readonly bytesMax: number;
}

export interface RetryPlan {
  /** Attempts in all, 1 = never again. */
  readonly attempts: number;
  /** `connect` is always safe; the rest says that this model may be asked twice. */
  readonly on: readonly ('connect' | 'reset' | 'timeout' | 502 | 503 | 504)[];
  /** Retries may add at most this fraction to the calls. */
  readonly budget: number;
}

export interface TimeoutPlan {
  readonly connectMs: number;
  readonly firstByteMs: number;
  readonly totalMs: number;
}

export interface BreakerPlan {
  /** Consecutive upstream failures that open it (per endpoint: that eject it). */
  readonly failures: number;
  readonly openMs: number;
}

/** How records are written, whatever their model. */
export interface CapturesPlan {
  /** Bytes of records kept under `data`; beyond, the oldest are deleted. */
  readonly keepBytes: number;
  /** Bytes of outcomes; beyond, further ones are refused. */
  readonly outcomeBytesMax: number;
  /** Records are written and synchronised in groups: of this age, or of this size. */
  readonly commit: {
    readonly everyMs: number;
    readonly bytes: number;
    /** How long an answer under `durability: acked` waits for its record. */
    readonly timeoutMs: number;
  };
  readonly store: StorePlan;
}

/** How closed segments become Parquet, and what stays of it. */
export interface StorePlan {
  /** null: this gate does not compact. */
  readonly everyMs: number | null;
  /** Of the process that compacts, for DuckDB. */
  readonly memoryBytes: number;
  readonly retention: RetentionPlan;
}

/** What the store lets go, by age and by size. */
export interface RetentionPlan {
  /** Ms that bodies, features and predictions are kept. */
  readonly bodiesMs: number;
  /** Ms that records are kept. */
  readonly recordsMs: number;
  /** Of all Parquet files together; beyond, the oldest bodies go, then the oldest records. */
  readonly bytesMax: number;
  /** Model -> prediction that stays as long as its record: labels come late. */
  readonly scores?: Readonly<Record<string, string>>;
}

export interface HashPlan {
  readonly pointers: readonly (readonly string[])[];
  readonly headers: readonly string[];
  /** A secret. */
  readonly key: string;
}

export interface CapturePlan {
  /** Fraction of decisions recorded, 0 to 1, chosen by the hash of the decision id. */
  readonly sample: number;
  readonly bodies: 'full' | 'features' | 'none';
  /** Reference tokens of JSON pointers whose values never reach the disk; `*` is any member, a name one of a list's objects. */
  readonly redact: readonly (readonly string[])[];
  /** Lower-case names of headers whose values never reach the disk. */
  readonly redactHeaders: readonly string[];
  /** Values that are written as a keyed hash. */
  readonly hash: HashPlan | null;
  /** Lower-case names of request headers kept on the record. */
  readonly headers: readonly string[];
  /** acked: the client gets its answer once the record is on disk. */
  readonly durability: 'async' | 'acked';
}

/** What predictions are held against once it is known, and what of it raises an alarm (docs/quality.md). */
export interface QualityPlan {
  /** Name of the outcomes that are the truth. */
  readonly outcome: string;
  /** Column of the predictions. */
  readonly score: string;
  readonly kind: 'binary' | 'multiclass' | 'regression';
  /** Label of the positive class. */
  readonly positive: string;
  /** From this score on a decision is a positive. */
  readonly threshold: number;
  readonly loss: 'error' | 'brier';
  /** An error of this size counts as a loss of 1; null: a regression has no risk. */
  readonly errorMax: number | null;
  /** Rise of the mean loss that is harmless. */
  readonly tolerance: number;
  /** Chance of a false alarm of one version and role, over all its life. */
  readonly falseAlarms: number;
  /** Younger decisions are not judged: of them the labels that come soon would speak for all. */
  readonly maturityMs: number;
  /** Mean loss that is known of the model; null: that of its first labels. */
  readonly baselineRisk: number | null;
  readonly baselineRows: number;
  readonly everyMs: number;
}

export interface DriftPlan {
  /** Absolute path of a baseline file; null: the first rows of each version, provisional. */
  readonly baseline: string | null;
  /** What challengers and shadows are measured against. */
  readonly against: 'baseline' | 'champion';
  readonly tickMs: number;
  readonly tolerance: number;
  /** Rows that make a provisional baseline. */
  readonly provisionalRows: number;
}

/** Where captured records are sent on to, with credentials: it goes to the thread of its sink and nowhere else. */
export type SinkPlan = CloudEventsSinkPlan | KafkaSinkPlan | S3SinkPlan;
export type SinkType = SinkPlan['type'];

interface AnySinkPlan {
  readonly name: string;
  /** Names of the models whose records are sent; null: all. */
  readonly models: readonly string[] | null;
  readonly shadows: boolean;
  /** Where a sink begins that has never run: with the oldest record kept, or with the next one. */
  readonly from: 'earliest' | 'latest';
  /** What is delivered at once, at most; and how long the first record of it may wait for the others. */
  readonly batch: { readonly recordsMax: number; readonly bytesMax: number; readonly lingerMs: number };
  /** For one attempt. */
  readonly timeoutMs: number;
  readonly tls: ClientTlsPlan | null;
}

export interface CloudEventsSinkPlan extends AnySinkPlan {
  readonly type: 'cloudevents';
  readonly url: string;
  /** An event per request, or many (application/cloudevents-batch+json). */
  readonly mode: 'binary' | 'batched';
  readonly events: 'all' | 'request' | 'response';
  readonly namespace: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface KafkaSinkPlan extends AnySinkPlan {
  readonly type: 'kafka';
  /** host:port, to begin with. */
  readonly brokers: readonly string[];
  readonly topic: string;
  /** What of a record decides its partition. */
  readonly key: 'model' | 'unit';
  readonly compression: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
  readonly sasl: SaslPlan | null;
}

export interface SaslPlan {
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
  readonly username: string;
  readonly password: string;
}

export interface S3SinkPlan extends AnySinkPlan {
  readonly type: 's3';
  /** scheme://host[:port] */
  readonly endpoint: string;
  readonly bucket: string;
  /** Without slashes at its ends; '' for none. */
  readonly prefix: string;
  readonly region: string;
  /** Whether the bucket stands in the path or before the host. */
  readonly addressing: 'path' | 'host';
  readonly credentials: S3Credentials;
}

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | null;
}

/** Who is told that a model drifts, and how often. */
export interface AlarmsPlan {
  /** Shortest time between two messages about one model. */
  readonly groupMs: number;
  /** What begins anew within this time of its end having been told waits for it to be over. */
  readonly cooldownMs: number;
  /** null: what is open is told once. */
  readonly remindMs: number | null;
  /** In the order of the file. */
  readonly webhooks: readonly WebhookPlan[];
}

export type AlarmFormatName = 'cloudevents' | 'slack' | 'alertmanager';

export interface WebhookPlan {
  readonly name: string;
  /** A secret, as Slack has it. */
  readonly url: string;
  readonly format: AlarmFormatName;
  /** null: all. */
  readonly models: readonly string[] | null;
  readonly events: readonly AlarmEventName[];
  readonly headers: Readonly<Record<string, string>>;
  /** null: messages are not signed. */
  readonly secret: string | null;
  readonly perHour: number;
  readonly timeoutMs: number;
  readonly tls: ClientTlsPlan | null;
}

export type AlarmEventName =
  | 'drift.confirmed'
  | 'drift.resolved'
  | 'data.gap'
  | 'data.resumed'
  | 'quality.degraded'
  | 'quality.recovered'
  | 'alarm.ongoing';
