/* What the parts of the probe know of each other. A line that it writes begins with "FREEBSD ". */
#ifndef PROBE_H
#define PROBE_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;

/* console.c */
void tell_text(const char *text);
void tell_number(const char *name, u64 value);		/* FREEBSD name=hex */
void tell_hex(u64 value);
void tell_bytes(const u8 *bytes, u64 length);
void tell_broken(const char *what, u64 value);		/* FREEBSD broken what hex */
void tell_done(void);

/* checksum.c */
u64 checksum(const void *start, u64 length);
int same_text(const char *a, const char *b);

/* chain.c: the metadata chain at an address of this address space; addresses in it get "offset" added. */
struct chain {
	const u8 *start;
	u64 offset;
};
void tell_chain(const struct chain *chain);
void tell_files(const struct chain *chain);
void tell_environment(const char *block);
void tell_symbols(const u8 *start, const u8 *end);
const u8 *find_file(const struct chain *chain, const char *type);
const u8 *find_record(const u8 *file, u32 type);
u32 record_size(const u8 *payload);
u64 record_number(const u8 *payload);

/* memory.c: the map of memory as the kernel builds it from SMAP, EFI_MAP or a device tree. */
#define MOST_RANGES 31
struct memory {
	int count;
	u64 start[MOST_RANGES];
	u64 end[MOST_RANGES];
};
void add_memory(struct memory *memory, u64 start, u64 length);
void read_smap(struct memory *memory, const u8 *record);
void read_efi_map(struct memory *memory, const u8 *record);
void tell_memory(const struct memory *memory);
int is_memory(const struct memory *memory, u64 start, u64 end);

/* tree.c: arm64 alone. */
u32 tree_size(const u8 *tree);
void read_tree_memory(struct memory *memory, const u8 *tree);

/* Records of the chain (sys/sys/linker.h). */
#define MODINFO_NAME 0x0001
#define MODINFO_TYPE 0x0002
#define MODINFO_ADDR 0x0003
#define MODINFO_SIZE 0x0004
#define MODINFO_METADATA 0x8000
#define MD_ELFHDR (MODINFO_METADATA | 0x0002)
#define MD_SSYM (MODINFO_METADATA | 0x0003)
#define MD_ESYM (MODINFO_METADATA | 0x0004)
#define MD_ENVP (MODINFO_METADATA | 0x0006)
#define MD_HOWTO (MODINFO_METADATA | 0x0007)
#define MD_KERNEND (MODINFO_METADATA | 0x0008)
#define MD_SHDR (MODINFO_METADATA | 0x0009)
#define MD_FW_HANDLE (MODINFO_METADATA | 0x000c)

#endif
