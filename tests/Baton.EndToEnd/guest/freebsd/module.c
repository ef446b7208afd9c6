/* A module as FreeBSD has them: NAME, of version 1, which needs the kernel and, with NEEDS, another module. */
struct record { int version, type; const void *data; const char *name; };
struct depend { int minimum, preferred, maximum; };

static const int version = 1;
static const struct depend kernel = { 1200000, 1200086, 1299999 };
static const struct record records[] = {
	{ 1, 2, 0, NAME },
	{ 1, 3, &version, NAME },
	{ 1, 1, &kernel, "kernel" },
#ifdef NEEDS
	{ 1, 1, &(const struct depend){ 1, 1, 1 }, NEEDS },
#endif
};
#define IN_SET __attribute__((section("set_modmetadata_set"), used))
static const void *const module_entry IN_SET = &records[0];
static const void *const version_entry IN_SET = &records[1];
static const void *const kernel_entry IN_SET = &records[2];
#ifdef NEEDS
static const void *const needs_entry IN_SET = &records[3];
#endif

/* Something in every kind of section, the last with an alignment that is more than usual. */
int table[1000];
int counter = 7;
const char text[] = "the module " NAME;
static int line[64] __attribute__((aligned(1024))) = { 1, 2, 3 };

int step(int by)
{
	counter += by;
	return table[counter & 63] + line[by & 63];
}

int twice(int by)
{
	return step(by) + step(by);
}
