// MLServer's settings for one version: scikit-learn's runtime for the V2 protocol and MLflow's runtime for /invocations,
// in one process on one port. A V2 body names its columns, so it is read as a data frame.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface MlserverHome {
  readonly folder: string;
  /** Folder that train.py wrote. */
  readonly models: string;
  readonly version: string;
  readonly ports: { readonly http: number; readonly grpc: number; readonly metrics: number };
  /** Estimators that are served over V2 as well, each under its own name. */
  readonly also: readonly string[];
}

export function writeMlserverHome({ folder, models, version, ports, also }: MlserverHome): void {
  write(join(folder, 'settings.json'), {
    host: '127.0.0.1',
    http_port: ports.http,
    grpc_port: ports.grpc,
    metrics_port: ports.metrics,
    metrics_endpoint: null,
    parallel_workers: 0,
    debug: false,
    server_name: version,
  });
  write(join(folder, 'v2', 'model-settings.json'), sklearn(models, 'credit-default', version));
  for (const name of also) write(join(folder, name, 'model-settings.json'), sklearn(models, name, name));
  write(join(folder, 'mlflow', 'model-settings.json'), {
    name: 'credit-default-mlflow',
    implementation: 'mlserver_mlflow.MLflowRuntime',
    parameters: { uri: join(models, 'mlflow', version) },
  });
}

function sklearn(models: string, name: string, estimator: string): object {
  const uri = join(models, 'joblib', `${estimator}.joblib`);
  return {
    name,
    implementation: 'mlserver_sklearn.SKLearnModel',
    parameters: { uri, version: estimator, content_type: 'pd', extra: { predict_fn: 'predict_proba' } },
  };
}

function write(file: string, settings: object): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(settings, null, 2));
}
