const services =
  '^(command-service|processors|projections|graphql-gateway|registry|console|bench|all-in-one|cluster|deploy|verification)/';
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'libs-never-import-services', severity: 'error', from: { path: '^libs/' }, to: { path: services } },
    {
      name: 'contracts-import-no-library-of-ours',
      severity: 'error',
      from: { path: '^libs/contracts/' },
      to: { path: '^libs/(?!contracts/)' },
    },
    {
      name: 'a-service-never-imports-another',
      severity: 'error',
      from: { path: '^(command-service|processors|projections|graphql-gateway|registry|console)/' },
      to: { path: services, pathNot: '^$1/' },
    },
    {
      name: 'the-composition-root-imports-only-the-public-door',
      severity: 'error',
      from: { path: '^(all-in-one|bench|cluster|deploy|verification)/' },
      to: {
        path: '^(command-service|processors|projections|graphql-gateway|registry|console)/src/',
        pathNot: '/src/index\\.ts$',
      },
    },
    {
      name: 'redis-is-spoken-to-in-one-place',
      severity: 'error',
      from: { pathNot: '^libs/coordination/' },
      to: { path: 'node_modules/ioredis/' },
    },
    { name: 'domain-is-pure', severity: 'error', from: { path: '/domain/' }, to: { path: '/(app|adapters)/' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'default', 'types'] },
  },
};
