# The image of MetaAgent: server, dashboard and command line. What is in it and how it is run: docs/deploying.md.
# tools/image-tree.ts reads the COPY lines of the last stage and assembles the same tree without a container engine.

FROM node:24.21.0-trixie-slim AS build
WORKDIR /build
COPY . .
RUN npm ci --ignore-scripts && npm run build

FROM node:24.21.0-trixie-slim AS dependencies
WORKDIR /build
COPY package.json package-lock.json ./
COPY packages/contract/package.json packages/contract/
COPY packages/verify/package.json packages/verify/
COPY packages/sdk/package.json packages/sdk/
COPY packages/dashboard/package.json packages/dashboard/
COPY packages/server/package.json packages/server/
RUN npm ci --omit=dev --ignore-scripts --workspace metaagent --include-workspace-root=false

FROM node:24.21.0-trixie-slim
ENV NODE_ENV=production \
    METAAGENT_HOST=0.0.0.0 \
    METAAGENT_PORT=8001 \
    METAAGENT_DATA_DIR=/data
WORKDIR /app
COPY --from=dependencies /build/node_modules node_modules
COPY --from=build /build/packages/contract/package.json packages/contract/package.json
COPY --from=build /build/packages/contract/dist packages/contract/dist
COPY --from=build /build/packages/verify/package.json packages/verify/package.json
COPY --from=build /build/packages/verify/dist packages/verify/dist
COPY --from=build /build/packages/server/package.json packages/server/package.json
COPY --from=build /build/packages/server/bin packages/server/bin
COPY --from=build /build/packages/server/config packages/server/config
COPY --from=build /build/packages/server/seed packages/server/seed
COPY --from=build /build/packages/server/dist packages/server/dist
COPY LICENSE ./
# What is mounted there takes over the owner of the folder.
RUN install --directory --owner=1000 --group=1000 --mode=0700 /data
VOLUME /data
USER 1000:1000
EXPOSE 8001
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.METAAGENT_PORT + '/api/v1/health').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "packages/server/bin/metaagent.mjs"]
CMD ["start"]
