// SPDX-License-Identifier: GPL-2.0
/* Locks: free after an abort that came while they were held. */
#include <linux/bottom_half.h>
#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/rtnetlink.h>
#include <linux/spinlock.h>

#include "rows.h"

#define RAW		(&rows.spin.rlock)
#define RW_HELD		(atomic_read(&rows.rw.raw_lock.cnts) != 0)
#define SEM_HELD	(rows.sem.count == 0)
#define SEQ_HELD	spin_is_locked(&rows.seq.lock)
#define SEQCOUNT	(&rows.seqcount)

/* Locks that are held, and what the act saw inside. */
static u64 held(void)
{
	u64 bits = rows.out << 8;

	bits |= spin_is_locked(&rows.spin) ? BIT(0) : 0;
	bits |= mutex_is_locked(&rows.mutex) ? BIT(1) : 0;
	bits |= rtnl_is_locked() ? BIT(2) : 0;
	bits |= RW_HELD ? BIT(3) : 0;
	bits |= rwsem_is_locked(&rows.rwsem) ? BIT(4) : 0;
	bits |= SEM_HELD ? BIT(5) : 0;
	bits |= SEQ_HELD ? BIT(6) : 0;
	bits |= rows.seq.seqcount.seqcount.sequence & 1 ? BIT(7) : 0;
	return bits;
}

#define HELD(out)	((u64)(out) << 8)

static unsigned long flags;

#define SUITE		lock
#define SUITE_FILE	"lock.def"
#include "suite.h"
