/* SPDX-License-Identifier: GPL-2.0 */
/* Structures fgft.h embeds and the host tests never look into. */
#ifndef SHIM_LINUX_MODULE_H
#define SHIM_LINUX_MODULE_H

#include <linux/spinlock.h>

struct module;
struct task_struct;

struct kobject {
	const char *name;
};

#endif
