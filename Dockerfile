FROM debian:12-slim AS build
WORKDIR /src
# The packages first: they change less often than the sources.
COPY scripts/deps scripts/
COPY scripts/lib/deps_install scripts/lib/
RUN scripts/deps --build-only && rm -rf /var/lib/apt/lists/*
COPY . .
RUN cmake --preset release \
 && cmake --build build/release --target godwit \
 && cmake --install build/release --prefix /out/usr --strip

FROM debian:12-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      ca-certificates \
      libboost-program-options1.74.0 \
      libdate-tz3 \
      libfmt9 \
      libmariadb3 \
      libpq5 \
      libpqxx-6.4 \
      libspdlog1.10 \
      libsqlite3-0 \
      libtbb12 \
      libxxhash0 \
      libyaml-cpp0.7 \
      tzdata \
      zlib1g \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --user-group --home-dir /work --create-home --shell /usr/sbin/nologin godwit
COPY --from=build /out/usr /usr
# Plans and the control store; mount a volume here to keep them.
VOLUME /work
WORKDIR /work
USER 10001
HEALTHCHECK --interval=30s --timeout=5s --retries=3 CMD ["godwit", "version"]
ENTRYPOINT ["godwit"]
CMD ["--help"]
