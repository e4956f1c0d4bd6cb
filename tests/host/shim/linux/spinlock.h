/* SPDX-License-Identifier: GPL-2.0 */
/* Spinlocks that only watch that they are taken and released in pairs. */
#ifndef SHIM_LINUX_SPINLOCK_H
#define SHIM_LINUX_SPINLOCK_H

#include <linux/types.h>

typedef struct spinlock {
	unsigned long held;	/* the flags to be given back, 0 if free */
} spinlock_t;

typedef struct raw_spinlock {
	unsigned long held;
} raw_spinlock_t;

#define DEFINE_SPINLOCK(name)	spinlock_t name

#ifdef __cplusplus
extern "C" {
#endif
unsigned long shim_lock_irqsave(spinlock_t *lock);
void shim_unlock_irqrestore(spinlock_t *lock, unsigned long flags);
#ifdef __cplusplus
}
#endif

#define spin_lock_irqsave(lock, flags)	((flags) = shim_lock_irqsave(lock))
#define spin_unlock_irqrestore(lock, flags)	shim_unlock_irqrestore(lock, flags)

#endif
