// SPDX-License-Identifier: GPL-2.0
/* Spinlocks of the shim: nothing runs beside, so they only watch their pairing. */
#include "shim.h"

#include <linux/spinlock.h>

namespace {

size_t held;
unsigned long cookie;

} // namespace

namespace shim {

size_t locks_held()
{
	return held;
}

} // namespace shim

extern "C" {

unsigned long shim_lock_irqsave(spinlock_t *lock)
{
	if (lock->held)
		shim::die("spinlock taken twice");
	lock->held = ++cookie;
	held++;
	return lock->held;
}

void shim_unlock_irqrestore(spinlock_t *lock, unsigned long flags)
{
	if (!lock->held)
		shim::die("spinlock released that is not held");
	if (lock->held != flags)
		shim::die("spinlock released with the flags of another");
	lock->held = 0;
	held--;
}

} // extern "C"
