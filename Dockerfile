# syntax=docker/dockerfile:1

FROM node:24-alpine AS build
WORKDIR /app
COPY package.json package-lock.json ./
# No install script is needed: the image has Node, and bcrypt includes its binary.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run prepare \
  && npm run build \
  && npm prune --omit=dev --omit=optional --omit=peer --ignore-scripts --no-audit --no-fund

FROM node:24-alpine
ENV NODE_ENV=production HOST=0.0.0.0 SNAGLIST_DATA=/data
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/bin ./bin
COPY --from=build /app/dist ./dist
# Linux protects process 1 of a container from its own SIGKILL, which the watchdog sends: tini becomes process 1.
RUN apk add --no-cache tini && mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=3s CMD wget -qO- http://127.0.0.1:4000/ready || exit 1
ENTRYPOINT ["/sbin/tini", "--"]
CMD ["node", "bin/snaglist.js", "serve"]
