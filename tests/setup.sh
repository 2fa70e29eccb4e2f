# Shared by the scripts: what they need of the machine.

# need <Debian package>...: installs those that are missing; where that is impossible, says which they are.
need() {
  if ! command -v dpkg-query > /dev/null; then
    echo "note: this is not Debian; if the build fails, install what these packages of Debian 12 contain: $*" >&2
    return
  fi
  local missing=() package as_root=()
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2> /dev/null | grep -q '^install ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" -ne 0 ]; then
    as_root=(sudo)
    command -v sudo > /dev/null || { echo "error: please install as root: apt-get install ${missing[*]}" >&2; exit 1; }
  fi
  echo "installing ${missing[*]}"
  "${as_root[@]}" apt-get update -q || echo "note: apt-get update failed; trying with what is known" >&2
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" ||
    { echo "error: could not install ${missing[*]}; please install them and try again" >&2; exit 1; }
}

# configure <build directory> <options>...: quiet unless it fails.
configure() {
  local log
  log=$(cmake -G Ninja -S . -B "$@" 2>&1) || { echo "$log" >&2; exit 1; }
}
