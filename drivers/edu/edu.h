/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* What user space asks of /dev/eduN besides read, write and seek. */
#ifndef EDU_H
#define EDU_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* In: n, up to 12 for a result that fits.  Out: n factorial. */
#define EDU_IOC_FACTORIAL	_IOWR('e', 1, __u32)

/* In: any number.  Out: what the device makes of it, its complement. */
#define EDU_IOC_LIVENESS	_IOWR('e', 2, __u32)

#endif /* EDU_H */
