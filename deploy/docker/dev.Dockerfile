# The stand-ins of charts/onus/values-dev.yaml; built by `npm run dev:image`, which puts the context together.
ARG ONUS_IMAGE=onus:0.1.0
ARG JAVA_IMAGE=eclipse-temurin:17-jre-jammy
FROM ${JAVA_IMAGE} AS java
FROM ${ONUS_IMAGE}
ENV JAVA_HOME=/opt/java/openjdk PATH=/opt/java/openjdk/bin:/usr/local/bin:/usr/bin:/bin XDG_CACHE_HOME=/components
COPY --from=java /opt/java/openjdk /opt/java/openjdk
COPY components /components/onus
COPY local /app/deploy/local
# Temporal's server asks who it runs as, and does not start as somebody without a name.
COPY passwd /etc/passwd
EXPOSE 7233 8233 9092 27017 1025 8025
# Its pod has a probe of its own; alone it is nothing.
HEALTHCHECK NONE
ENTRYPOINT ["node", "--disable-warning=TimeoutNegativeWarning"]
CMD ["deploy/local/src/standins.ts"]
