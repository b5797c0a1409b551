# One image for the API and the workers; the command tells which.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The embedded database is for machines without one; in a container DATABASE_URL names a real one.
RUN npm ci --omit=optional --no-audit --no-fund
COPY . .
RUN npm run build && npm prune --omit=dev --omit=optional

FROM node:24-bookworm-slim
# Without ASSAY_ADMIN_KEY the first start keeps a key in /var/lib/assay/admin-key: docker exec CONTAINER cat /var/lib/assay/admin-key
ENV NODE_ENV=production HOST=0.0.0.0 ASSAY_DATA_DIR=/var/lib/assay
WORKDIR /app
RUN mkdir -p /var/lib/assay && chown node:node /var/lib/assay
COPY --from=build --chown=node:node /app/package.json /app/LICENSE ./
COPY --from=build --chown=node:node /app/node_modules ./node_modules
COPY --from=build --chown=node:node /app/dist ./dist
USER node
EXPOSE 3000
CMD ["node", "dist/src/main.js"]
