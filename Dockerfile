# One image for every service: `docker run IMAGE processors`. Without a name it says which programs there are.
# Debian rather than Alpine: the embedded stores' binary is made for glibc as well as musl, but tested here on glibc.

FROM node:20.20.2-bookworm-slim AS sources
WORKDIR /app
COPY . .

FROM sources AS programs
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
RUN node scripts/bundle.mjs

# All services and the administration's commands are parts of all-in-one. Our own packages are within the programs.
FROM sources AS dependencies
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --workspace=all-in-one --no-audit --no-fund \
  && rm -r node_modules/@order-flow

FROM node:20.20.2-bookworm-slim
ENV NODE_ENV=production DATA_DIR=/data IDENTITY_DIR=/identity
# A volume that is mounted here for the first time takes its owner from the image. Nothing else is ever written to.
RUN mkdir /data /identity /keys && chown node:node /data /identity /keys
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=programs /app/dist dist
COPY package.json ./
COPY deploy/run-program.mjs deploy/
# By number, so that a runtime can tell that it is not root: `node` of the base image.
USER 1000:1000
ENTRYPOINT ["node", "--max-semi-space-size=32", "--heap-growing-percent=100", "--enable-source-maps", "/app/deploy/run-program.mjs"]
