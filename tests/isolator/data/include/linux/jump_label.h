/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FAKE_JUMP_LABEL_H
#define FAKE_JUMP_LABEL_H

/* As large as the kernel's. */
struct static_key_false {
	int enabled;
	unsigned long entries;
};

struct jump_entry {
	int code;
	int target;
	long key;
};

#endif
