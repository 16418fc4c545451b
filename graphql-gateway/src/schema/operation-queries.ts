import type { ServiceInstance } from '@order-flow/coordination';
import { builder } from './builder.js';
import { type ProjectionStatus, projectionStatuses } from '../read/projection-statuses.js';
import { requireOperator } from './context.js';

const InstanceStatus = builder.enumType('InstanceStatus', { values: ['UP', 'DRAINING'] as const });

const instant = (milliseconds: number): string => new Date(milliseconds).toISOString();

const ServiceInstanceType = builder.objectRef<ServiceInstance>('ServiceInstance').implement({
  fields: (t) => ({
    id: t.exposeID('id'),
    service: t.exposeString('service'),
    url: t.exposeString('url'),
    status: t.expose('status', { type: InstanceStatus }),
    registeredAt: t.field({ type: 'DateTime', resolve: ({ registeredAt }) => instant(registeredAt) }),
    lastHeartbeatAt: t.field({ type: 'DateTime', resolve: ({ lastHeartbeatAt }) => instant(lastHeartbeatAt) }),
  }),
});

const ProjectionStatusType = builder.objectRef<ProjectionStatus>('ProjectionStatus').implement({
  fields: (t) => ({
    name: t.exposeString('name'),
    lag: t.exposeFloat('lag', { description: 'events not yet folded' }),
    state: t.exposeString('state'),
  }),
});

builder.queryFields((t) => ({
  services: t.field({
    type: [ServiceInstanceType],
    description: 'Operators only.',
    resolve: (_root, _args, context) => {
      requireOperator(context);
      return context.gateway.directory.all();
    },
  }),
  projections: t.field({
    type: [ProjectionStatusType],
    description: 'Operators only.',
    resolve: (_root, _args, context) => {
      requireOperator(context);
      return projectionStatuses(context.gateway.directory, context.authorization);
    },
  }),
}));
