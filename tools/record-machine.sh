#!/bin/sh
# Records what `baton --machine` needs to know of this machine: a few files of /proc and /sys, copied as they are.
# Needs nothing but a POSIX shell, cat, mkdir, rm and tar (busybox has them all). Run it as root: otherwise the kernel
# hides the addresses of its memory.
#
#   sh record-machine.sh OUT.tar [ROOT]      OUT.tar.gz needs gzip; OUT/ makes a directory; ROOT is / if not given

umask 077

if [ $# -lt 1 ] || [ $# -gt 2 ]; then
  echo "usage: sh record-machine.sh OUT.tar|OUT.tar.gz|OUT/ [ROOT]" >&2
  exit 64
fi

out=$1
root=${2:-/}
root=${root%/}/
here=$(pwd)
case $out in
  /*) ;;
  *) out=$here/$out ;;
esac

case $out in
  */)
    work=${out%/}
    mkdir "$work" || exit 73
    ;;
  *)
    work=${TMPDIR:-/tmp}/baton-record.$$
    mkdir "$work" || exit 73
    trap 'rm -rf "$work"' EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    ;;
esac

cd "$root" || exit 66
release=$(cat proc/sys/kernel/osrelease 2>/dev/null)
mkdir "$work/baton-record" || exit 73
echo 1 >"$work/baton-record/version"
: >"$work/baton-record/denied"

# The files of proc and sysfs have no size, so tar cannot read them: each is copied until its end first.
while read -r pattern; do
  for path in $pattern; do
    if [ ! -e "$path" ] || [ -d "$path" ]; then
      continue
    fi

    mkdir -p "$work/${path%/*}" || exit 73
    if ! cat "$path" >"$work/$path" 2>/dev/null; then
      rm -f "$work/$path"
      echo "$path" >>"$work/baton-record/denied"
    fi
  done
done <<LIST
boot/config-$release
lib/modules/$release/config
proc/cmdline
proc/config.gz
proc/cpuinfo
proc/iomem
proc/meminfo
proc/self/status
proc/sys/kernel/arch
proc/sys/kernel/kexec_load_disabled
proc/sys/kernel/kexec_load_limit_reboot
proc/sys/kernel/osrelease
proc/version
sys/class/graphics/fb*/name
sys/firmware/efi/config_table
sys/firmware/efi/fw_platform_size
sys/firmware/efi/fw_vendor
sys/firmware/efi/runtime
sys/firmware/efi/runtime-map/*/attribute
sys/firmware/efi/runtime-map/*/num_pages
sys/firmware/efi/runtime-map/*/phys_addr
sys/firmware/efi/runtime-map/*/type
sys/firmware/efi/runtime-map/*/virt_addr
sys/firmware/efi/systab
sys/firmware/fdt
sys/firmware/memmap/*/end
sys/firmware/memmap/*/start
sys/firmware/memmap/*/type
sys/kernel/boot_params/data
sys/kernel/boot_params/setup_data/*/data
sys/kernel/boot_params/setup_data/*/type
sys/kernel/boot_params/version
sys/kernel/kexec/crash_loaded
sys/kernel/kexec/loaded
sys/kernel/kexec_crash_loaded
sys/kernel/kexec_loaded
sys/kernel/security/lockdown
LIST

if [ -s "$work/baton-record/denied" ]; then
  echo "record-machine: these files could not be read (run as root?):" >&2
  cat "$work/baton-record/denied" >&2
fi

addresses=
if [ -f "$work/proc/iomem" ]; then
  while read -r range _; do
    case $range in
      *[1-9a-f]*)
        addresses=shown
        break
        ;;
    esac
  done <"$work/proc/iomem"
fi

if [ -z "$addresses" ]; then
  echo "record-machine: /proc/iomem shows no addresses: nothing can be planned with this record. Run as root." >&2
fi

cd "$work" || exit 73
case $out in
  */) ;;
  *.gz) tar -cf - . | gzip -c >"$out" || exit 74 ;;
  *) tar -cf - . >"$out" || exit 74 ;;
esac
