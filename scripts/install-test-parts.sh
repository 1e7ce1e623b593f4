#!/usr/bin/env bash
# Install what only some tests need, through apt where this user may: Chromium for the browser
# tests, Java 17 and Maven for a real OpenSearch, Node for the AWS templates, PHP for the WordPress
# recipe, Jekyll for its own, systemd to check our unit. Without it those suites skip and say so.
set -euo pipefail

missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v java >/dev/null || missing+=(openjdk-17-jdk-headless)
command -v mvn >/dev/null || missing+=(maven)
command -v node >/dev/null || missing+=(nodejs)
command -v npx >/dev/null || missing+=(npm)
command -v php >/dev/null || missing+=(php-cli)
command -v jekyll >/dev/null || missing+=(jekyll)
command -v systemd-analyze >/dev/null || missing+=(systemd)
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "missing for some tests: ${missing[*]} (install them as root; those suites are skipped)"
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -y -q --no-install-recommends "${missing[@]}"
