/*
 * The only program of the next kernel's initrd: reads that initrd back from where it lies in physical memory, the part
 * behind the archive included, and prints its SHA-256. The kernel must have been told to keep it (retain_initrd).
 */
#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

struct sha256 {
  uint32_t state[8];
  uint64_t length;
  uint8_t block[64];
};

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, section 4.2.2). */
static uint32_t constants[64];

static uint32_t fraction(int prime, double root, int is_cube) {
  /* Refined by integers: the double is exact to about 2^-50 only. */
  unsigned __int128 scaled = (unsigned __int128)(uint64_t)(root * 4294967296.0);
  for (scaled += 2;; scaled--) {
    unsigned __int128 power = scaled * scaled;
    if (is_cube) {
      power *= scaled;
      if (power <= (unsigned __int128)prime << 96) return (uint32_t)scaled;
    } else if (power <= (unsigned __int128)prime << 64) {
      return (uint32_t)scaled;
    }
  }
}

static double root_of(double value, int degree) {
  double x = value;
  for (int i = 0; i < 80; i++) x = degree == 2 ? (x + value / x) / 2 : (2 * x + value / (x * x)) / 3;
  return x;
}

static void sha256_begin(struct sha256 *hash) {
  int found = 0;
  for (int prime = 2; found < 64; prime++) {
    int is_prime = 1;
    for (int i = 2; i * i <= prime; i++) is_prime &= prime % i != 0;
    if (!is_prime) continue;
    if (found < 8) hash->state[found] = fraction(prime, root_of(prime, 2), 0);
    constants[found++] = fraction(prime, root_of(prime, 3), 1);
  }
  hash->length = 0;
}

static uint32_t turn(uint32_t x, int n) { return x >> n | x << (32 - n); }

static void sha256_block(struct sha256 *hash, const uint8_t *bytes) {
  uint32_t w[64], s[8];
  for (int i = 0; i < 16; i++) {
    w[i] = (uint32_t)bytes[4 * i] << 24 | bytes[4 * i + 1] << 16 | bytes[4 * i + 2] << 8 | bytes[4 * i + 3];
  }
  for (int i = 16; i < 64; i++) {
    w[i] = w[i - 16] + w[i - 7] + (turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ w[i - 15] >> 3)
      + (turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ w[i - 2] >> 10);
  }
  memcpy(s, hash->state, sizeof s);
  for (int i = 0; i < 64; i++) {
    uint32_t t1 = s[7] + (turn(s[4], 6) ^ turn(s[4], 11) ^ turn(s[4], 25)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) + constants[i] + w[i];
    uint32_t t2 = (turn(s[0], 2) ^ turn(s[0], 13) ^ turn(s[0], 22)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
    memmove(s + 1, s, 7 * sizeof s[0]);
    s[4] += t1;
    s[0] = t1 + t2;
  }
  for (int i = 0; i < 8; i++) hash->state[i] += s[i];
}

static void sha256_add(struct sha256 *hash, const uint8_t *bytes, size_t length) {
  while (length > 0) {
    size_t at = hash->length % 64, count = 64 - at < length ? 64 - at : length;
    memcpy(hash->block + at, bytes, count);
    hash->length += count;
    bytes += count;
    length -= count;
    if (hash->length % 64 == 0) sha256_block(hash, hash->block);
  }
}

static void sha256_end(struct sha256 *hash) {
  uint64_t bits = hash->length * 8;
  uint8_t mark = 0x80, zero = 0, count[8];
  sha256_add(hash, &mark, 1);
  while (hash->length % 64 != 56) sha256_add(hash, &zero, 1);
  for (int i = 0; i < 8; i++) count[i] = (uint8_t)(bits >> (56 - 8 * i));
  sha256_add(hash, count, 8);
}

static void fail(const char *what) {
  printf("READBACK failed: %s\n", what);
  fflush(stdout);
  reboot(RB_AUTOBOOT);
  for (;;) pause();
}

static uint64_t field(const uint8_t *bytes) {
  uint32_t value;
  memcpy(&value, bytes, sizeof value);
  return value;
}

/* The place in /proc/kcore of a physical address: the direct mapping's segments tell theirs. */
static off_t place_of(int core, uint64_t physical, uint64_t length) {
  Elf64_Ehdr header;
  Elf64_Phdr segment;
  if (pread(core, &header, sizeof header, 0) != sizeof header) fail("no ELF header in /proc/kcore");
  for (int i = 0; i < header.e_phnum; i++) {
    off_t at = (off_t)(header.e_phoff + (uint64_t)i * sizeof segment);
    if (pread(core, &segment, sizeof segment, at) != sizeof segment) fail("a program header of /proc/kcore");
    if (segment.p_type == PT_LOAD && segment.p_paddr != (uint64_t)-1 && segment.p_paddr <= physical
        && physical + length <= segment.p_paddr + segment.p_memsz) {
      return (off_t)(segment.p_offset + (physical - segment.p_paddr));
    }
  }
  fail("/proc/kcore does not show the initrd's memory");
  return 0;
}

int main(void) {
  static uint8_t buffer[1 << 16];
  uint8_t params[4096];
  mkdir("/dev", 0755);
  mknod("/dev/console", S_IFCHR | 0600, makedev(5, 1));
  int console = open("/dev/console", O_RDWR);
  if (console >= 0) {
    for (int i = 0; i < 3; i++) dup2(console, i);
  }
  mkdir("/proc", 0755);
  mkdir("/sys", 0755);
  mount("proc", "/proc", "proc", 0, NULL);
  mount("sysfs", "/sys", "sysfs", 0, NULL);
  printf("READBACK begins\n");
  fflush(stdout);

  int file = open("/sys/kernel/boot_params/data", O_RDONLY);
  if (file < 0 || read(file, params, sizeof params) != sizeof params) fail("no boot_params");
  uint64_t start = field(params + 0x218) | field(params + 0x0c0) << 32;
  uint64_t length = field(params + 0x21c) | field(params + 0x0c4) << 32;
  int core = open("/proc/kcore", O_RDONLY);
  if (core < 0) fail("no /proc/kcore");
  off_t at = place_of(core, start, length);

  struct sha256 hash;
  sha256_begin(&hash);
  for (uint64_t done = 0; done < length;) {
    size_t count = length - done < sizeof buffer ? (size_t)(length - done) : sizeof buffer;
    ssize_t found = pread(core, buffer, count, at + (off_t)done);
    if (found <= 0) fail("a read of /proc/kcore");
    sha256_add(&hash, buffer, (size_t)found);
    done += (uint64_t)found;
  }
  sha256_end(&hash);
  printf("READBACK %llu bytes at 0x%llx sha256 ", (unsigned long long)length, (unsigned long long)start);
  for (int i = 0; i < 8; i++) printf("%08x", hash.state[i]);
  printf("\n");
  fflush(stdout);
  reboot(RB_AUTOBOOT);
  for (;;) pause();
}
