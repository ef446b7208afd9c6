/* Lines to the console; put_character is the machine's own. */
#include "probe.h"

void put_character(char c);

void tell_text(const char *text)
{
	for (; *text; text++)
		put_character(*text);
}

void tell_hex(u64 value)
{
	int shift = 60;
	while (shift > 0 && value >> shift == 0)
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		put_character("0123456789abcdef"[value >> shift & 15]);
}

void tell_bytes(const u8 *bytes, u64 length)
{
	for (u64 i = 0; i < length; i++) {
		put_character("0123456789abcdef"[bytes[i] >> 4]);
		put_character("0123456789abcdef"[bytes[i] & 15]);
	}
}

void tell_number(const char *name, u64 value)
{
	tell_text("FREEBSD ");
	tell_text(name);
	tell_text("=");
	tell_hex(value);
	tell_text("\n");
}

void tell_broken(const char *what, u64 value)
{
	tell_text("FREEBSD broken ");
	tell_text(what);
	tell_text(" ");
	tell_hex(value);
	tell_text("\n");
}

void tell_done(void)
{
	tell_text("FREEBSD done\n");
}
