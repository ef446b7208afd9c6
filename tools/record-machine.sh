#!/bin/sh
# Records what `baton --machine` needs to know of this machine: a few files of /proc and /sys, copied as they are.
# Needs nothing but a POSIX shell, cat, dd, mkdir, od, rm and tar (busybox has them all). Run it as root: otherwise the
# kernel hides the addresses of its memory.
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

# cannot_write FILE: it can be read, but not be written to the record.
cannot_write() {
  echo "record-machine: $work/$1 could not be written: is there no room? (TMPDIR tells where a record is put together)" >&2
  exit 74
}

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
      if cat "$path" >/dev/null 2>&1; then
        cannot_write "$path"
      fi

      echo "$path" >>"$work/baton-record/denied" || exit 74
    fi
  done
done <<LIST
baton-record/efi_memmap
baton-record/sev
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
sys/class/watchdog/*/identity
sys/class/watchdog/*/state
sys/class/watchdog/*/timeout
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

# The firmware's EFI memory map is in no file: boot_params say where it lies in physical memory (efi_info). /dev/mem has
# what is not RAM to this kernel; /proc/kcore has RAM, as a core file.
efi_map=baton-record/efi_memmap

# read_memory FILE OFFSET LENGTH
read_memory() {
  unit=8
  if [ $((($2 | $3) % unit)) -ne 0 ]; then
    unit=1
  fi

  skip=$(($2 / unit)) count=$(($3 / unit))
  dd if="$1" of=/dev/null bs=$unit skip=$skip count=$count 2>/dev/null || return 1
  dd if="$1" of="$work/$efi_map" bs=$unit skip=$skip count=$count 2>/dev/null || cannot_write "$efi_map"
  [ "$(wc -c <"$work/$efi_map")" -eq "$3" ]
}

# core_offset START LENGTH: where /proc/kcore has a range of physical memory.
core_offset() {
  from=$1 length=$2
  set -- $(od -A n -v -t u2 -j 56 -N 2 proc/kcore 2>/dev/null)
  set -- $(od -A n -v -t x8 -j 64 -N $((${1:-0} * 56)) proc/kcore 2>/dev/null)
  while [ $# -ge 7 ]; do
    # p_flags and p_type, p_offset, p_vaddr, p_paddr, p_filesz, p_memsz, p_align; no p_paddr is all ones.
    case $1.$4 in
      *00000001.00*)
        if [ $((0x$4)) -le "$from" ] && [ $((from + length)) -le $((0x$4 + 0x$5)) ]; then
          echo $((0x$2 + from - 0x$4))
          return
        fi
        ;;
    esac

    shift 7
  done
  return 1
}

record_efi_map() {
  # 32 bytes from 0x1c0: signature, systab, memdesc_size, memdesc_version, memmap, memmap_size, systab_hi, memmap_hi.
  set -- $(od -A n -v -t x4 -j 448 -N 32 sys/kernel/boot_params/data 2>/dev/null)
  if [ "$1" != 34364c45 ] || [ "$6" = 00000000 ] || [ -e "$efi_map" ]; then
    return
  fi

  start=$((0x$8$5)) length=$((0x$6))
  if ! read_memory dev/mem "$start" "$length" &&
      { ! offset=$(core_offset "$start" "$length") || ! read_memory proc/kcore "$offset" "$length"; }; then
    # Many kernels show it to nobody, not even to root; a handoff then copies it when it jumps.
    rm -f "$work/$efi_map"
  fi
}

if [ -f sys/kernel/boot_params/data ]; then
  record_efi_map
fi

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
  *.gz)
    # A pipe has the status of its last command alone; the descriptor 3 carries that of tar past it.
    failed=$({ { tar -cf - . || echo tar >&3; } | gzip -c >"$out" || echo gzip >&3; } 3>&1)
    [ -z "$failed" ] || exit 74
    ;;
  *) tar -cf - . >"$out" || exit 74 ;;
esac
