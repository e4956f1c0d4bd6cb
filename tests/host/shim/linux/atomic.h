/* SPDX-License-Identifier: GPL-2.0 */
/* What undo.c puts words back with. */
#ifndef SHIM_LINUX_ATOMIC_H
#define SHIM_LINUX_ATOMIC_H

#define cmpxchg(ptr, old, new)	__sync_val_compare_and_swap(ptr, old, new)

#endif
