export { Cluster, type ClusterOptions, NODE_FLAGS, programOf } from './cluster.js';
export { type Instance, ONE_OF_EACH, type Scale, type Service, serviceNames, SERVICES } from './plan.js';
export { urlsOf } from './ready-urls.js';
export { ServiceProcess } from './service-process.js';
