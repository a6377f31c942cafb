# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034
# Debian packages: installs what is missing of scripts/packages.txt, and nothing when all is there.

missing_packages() {
  comm -23 \
    <(grep -v -e '^#' -e '^$' "$root/scripts/packages.txt" | sort -u) \
    <(dpkg-query -W -f='${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' | sort -u)
}

as_root() {
  if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

# PostgreSQL's package makes and starts a database cluster of its own when it is first installed.
# matricula needs the programs only, so that is switched off for the length of the installation.
install_packages() {
  local -a missing
  mapfile -t missing < <(missing_packages)
  if ((${#missing[@]} == 0)); then
    say "all there"
    return 0
  fi
  if ((EUID != 0)) && ! command -v sudo >/dev/null; then
    fail "cannot install Debian packages: not root, and there is no sudo" \
      "Run this as root once:" "apt-get install --no-install-recommends ${missing[*]}"
  fi
  say "missing: ${missing[*]}"
  local switch=/etc/postgresql-common/createcluster.d/matricula-no-main-cluster.conf switched=
  if [[ ! -e /etc/postgresql-common ]]; then
    switched=yes
    as_root mkdir -p "${switch%/*}"
    echo 'create_main_cluster = false' | as_root tee "$switch" >/dev/null
  fi
  local -a apt=(apt-get -q -y -o DPkg::Lock::Timeout=300)
  local done_well=yes
  { as_root "${apt[@]}" update &&
    as_root env DEBIAN_FRONTEND=noninteractive "${apt[@]}" install --no-install-recommends "${missing[@]}"; } ||
    done_well=no
  if [[ -n $switched ]]; then as_root rm -f "$switch"; fi
  if [[ $done_well = no ]]; then
    fail "apt-get could not install the packages of scripts/packages.txt (its own message is above)" \
      "Check the network and /etc/apt/sources.list: Debian 12 (bookworm), main."
  fi
}
