/* SPDX-License-Identifier: GPL-2.0 */
/* One CPU: a per-CPU variable is a variable. */
#ifndef SHIM_LINUX_PERCPU_H
#define SHIM_LINUX_PERCPU_H

#define DECLARE_PER_CPU(type, name)	extern __typeof__(type) name
#define this_cpu_read(name)		(name)

#endif
