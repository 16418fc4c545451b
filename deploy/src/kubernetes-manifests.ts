import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

const Named = z.strictObject({ name: z.string(), optional: z.boolean().default(false) });
const Key = z.strictObject({ name: z.string(), key: z.string() });

const Variable = z.strictObject({
  name: z.string(),
  value: z.string().optional(),
  valueFrom: z
    .strictObject({
      secretKeyRef: Key.optional(),
      fieldRef: z.strictObject({ fieldPath: z.literal('status.podIP') }).optional(),
    })
    .optional(),
});

const Probe = z.strictObject({
  httpGet: z.strictObject({ path: z.string(), port: z.string() }),
  periodSeconds: z.number(),
  timeoutSeconds: z.number().optional(),
  failureThreshold: z.number().optional(),
});

const Container = z.strictObject({
  name: z.string(),
  image: z.string(),
  args: z.array(z.string()),
  ports: z.array(z.strictObject({ name: z.string(), containerPort: z.number() })).default([]),
  envFrom: z.array(z.strictObject({ configMapRef: Named.optional(), secretRef: Named.optional() })).default([]),
  env: z.array(Variable).default([]),
  startupProbe: Probe.optional(),
  readinessProbe: Probe.optional(),
  livenessProbe: Probe.optional(),
  resources: z.strictObject({
    requests: z.strictObject({ cpu: z.string(), memory: z.string() }),
    limits: z.strictObject({ memory: z.string() }),
  }),
  securityContext: z.strictObject({
    allowPrivilegeEscalation: z.boolean(),
    readOnlyRootFilesystem: z.boolean(),
    capabilities: z.strictObject({ drop: z.array(z.string()) }),
  }),
  volumeMounts: z
    .array(z.strictObject({ name: z.string(), mountPath: z.string(), readOnly: z.boolean().default(false) }))
    .default([]),
});
export type Container = z.infer<typeof Container>;

const Volume = z.strictObject({
  name: z.string(),
  secret: z.strictObject({ secretName: z.string() }).optional(),
  emptyDir: z.strictObject({ sizeLimit: z.string() }).optional(),
});

const PodSpec = z.strictObject({
  restartPolicy: z.literal('OnFailure').optional(),
  automountServiceAccountToken: z.boolean(),
  enableServiceLinks: z.boolean(),
  terminationGracePeriodSeconds: z.number().default(30),
  securityContext: z.strictObject({
    runAsNonRoot: z.boolean(),
    runAsUser: z.number(),
    runAsGroup: z.number(),
    fsGroup: z.number().optional(),
    seccompProfile: z.strictObject({ type: z.string() }),
  }),
  containers: z.array(Container).length(1),
  volumes: z.array(Volume).default([]),
});
export type PodSpec = z.infer<typeof PodSpec>;

const Labels = z.record(z.string(), z.string());
const Metadata = z.strictObject({ name: z.string(), labels: Labels.default({}) });
const Selector = z.strictObject({ matchLabels: Labels });
const Template = z.strictObject({ metadata: z.strictObject({ labels: Labels }), spec: PodSpec });

const Manifest = z.discriminatedUnion('kind', [
  z.strictObject({ apiVersion: z.literal('v1'), kind: z.literal('Namespace'), metadata: Metadata }),
  z.strictObject({
    apiVersion: z.literal('v1'),
    kind: z.literal('ConfigMap'),
    metadata: Metadata,
    data: z.record(z.string(), z.string()),
  }),
  z.strictObject({
    apiVersion: z.literal('apps/v1'),
    kind: z.literal('Deployment'),
    metadata: Metadata,
    spec: z.strictObject({
      replicas: z.number().int().min(1),
      selector: Selector,
      strategy: z.strictObject({
        type: z.literal('RollingUpdate'),
        rollingUpdate: z.strictObject({ maxSurge: z.number(), maxUnavailable: z.number() }),
      }),
      template: Template,
    }),
  }),
  z.strictObject({
    apiVersion: z.literal('batch/v1'),
    kind: z.literal('Job'),
    metadata: Metadata,
    spec: z.strictObject({ backoffLimit: z.number(), ttlSecondsAfterFinished: z.number(), template: Template }),
  }),
  z.strictObject({
    apiVersion: z.literal('v1'),
    kind: z.literal('Service'),
    metadata: Metadata,
    spec: z.strictObject({
      selector: Labels,
      ports: z.array(z.strictObject({ name: z.string(), port: z.number(), targetPort: z.string() })).length(1),
    }),
  }),
  z.strictObject({
    apiVersion: z.literal('policy/v1'),
    kind: z.literal('PodDisruptionBudget'),
    metadata: Metadata,
    spec: z.strictObject({ maxUnavailable: z.literal(1), selector: Selector }),
  }),
]);
export type Manifest = z.infer<typeof Manifest>;
type ManifestOf<Kind extends Manifest['kind']> = Extract<Manifest, { kind: Kind }>;

/** @throws z.ZodError for what is no manifest of the kinds that are used here */
export const parseManifests = (text: string): Manifest[] =>
  parseAllDocuments(text).map((document) => Manifest.parse(document.toJS()));

/** The manifest of a kind and a name. */
export const named = <Kind extends Manifest['kind']>(all: readonly Manifest[], kind: Kind, name: string) =>
  all.find((each): each is ManifestOf<Kind> => each.kind === kind && each.metadata.name === name);
