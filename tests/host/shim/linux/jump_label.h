/* SPDX-License-Identifier: GPL-2.0 */
/* abi.h embeds static keys. */
#ifndef SHIM_LINUX_JUMP_LABEL_H
#define SHIM_LINUX_JUMP_LABEL_H

struct static_key_false {
	unsigned long state[2];
};

#define DECLARE_STATIC_KEY_FALSE(name)	extern struct static_key_false name

#endif
