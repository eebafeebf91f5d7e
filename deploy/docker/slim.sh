#!/bin/sh
# Takes out of the production install what no program of the image reads. Run in /app, after the bill of
# materials was written.
set -eu
# The node binary of npm is for machines without Node 24; the image has one.
rm -rf node_modules/node node_modules/node-bin-*
# The native core for this machine's processor only, and not its sources.
case "$(uname -m)" in
  x86_64) target=x86_64-unknown-linux-gnu ;;
  aarch64) target=aarch64-unknown-linux-gnu ;;
  *) echo "the Temporal worker has no native core for $(uname -m)" >&2; exit 1 ;;
esac
core=node_modules/@temporalio/core-bridge
for release in "$core"/releases/*; do
  [ "$(basename "$release")" = "$target" ] || rm -rf "$release"
done
rm -rf "$core/sdk-core" "$core/src" "$core/bridge-macros" "$core/ts"
# Types, source maps and other people's documentation.
find node_modules -type f \
  \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.md' -o -name '*.tsbuildinfo' \) -delete
# The console's sources: its built files are in dist.
find services/console -mindepth 1 -maxdepth 1 ! -name dist ! -name package.json -exec rm -rf {} +
