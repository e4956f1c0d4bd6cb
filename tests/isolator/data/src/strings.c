// SPDX-License-Identifier: GPL-2.0
/* The mem* and str* families. */
#include "fake.h"

void set_range(struct device *dev, size_t n) { memset(dev, 0, n); }
void copy_range(void *to, const void *from, size_t n) { memcpy(to, from, n); }
void move_range(void *to, const void *from, size_t n) { __builtin_memmove(to, from, n); }
void copy_string(char *to, const char *from) { strcpy(to, from); }
void add_string(char *to, const char *from) { __builtin_strcat(to, from); }
void copy_part(char *to, const char *from, size_t n) { __builtin_strncpy(to, from, n); }

/* In bounds of a stack object: nobody else's memory. */
void set_local(void)
{
	char local[64];

	memset(local, 7, sizeof(local));
	k_request(1, NULL, local);
}

/* Not known to be in bounds. */
void set_local_part(size_t n)
{
	char local[64];

	memset(local, 7, n);
	k_request(1, NULL, local);
}
