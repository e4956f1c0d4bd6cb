// SPDX-License-Identifier: GPL-2.0
/* Critical sections of every kind; see locks.h. */
#include <linux/bottom_half.h>
#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/rtnetlink.h>

#include <asm/processor-flags.h>

#include "locks.h"
#include "strike.h"

struct locks locks;

typedef long (*section_fn)(int held, int dropped);

struct section {
	section_fn run;
};

#define DECLARE_NONE
#define DECLARE_FLAGS	unsigned long flags

#define SECTION(name, declaration, take, release)			\
static noinline long section_##name(int held, int dropped)		\
{									\
	DECLARE_##declaration;						\
									\
	take;								\
	locks.value++;							\
	release;							\
	take;								\
	locks.value++;							\
	strike(held);							\
	release;							\
	strike(dropped);						\
	return 0;							\
}

#include "locks.def"

#define SECTION(name, declaration, take, release) { section_##name },
static const struct section sections[] = {
#include "locks.def"
};

#define SECTION(name, declaration, take, release) #name,
const char * const lock_names[] = {
#include "locks.def"
};

const u32 lock_count = ARRAY_SIZE(sections);

noinline long lock_run(u32 which, int held, int dropped)
{
	return sections[which].run(held, dropped);
}

/* ---- left behind ---------------------------------------------------------------- */

#define LEAK(name, take)						\
static noinline long leak_##name(int kind, int unused)			\
{									\
	take;								\
	locks.value++;							\
	strike(kind);							\
	return 0;							\
}

#include "locks.def"

#define LEAK(name, take) { leak_##name },
static const struct section leaks[] = {
#include "locks.def"
};

#define LEAK(name, take) #name,
const char * const leak_names[] = {
#include "locks.def"
};

const u32 leak_count = ARRAY_SIZE(leaks);

noinline long lock_leak(u32 which, int kind)
{
	return leaks[which].run(kind, STRIKE_NONE);
}

/* ---- taken while held ------------------------------------------------------------ */

#define ONCE(name, take, again)						\
static noinline long twice_##name(int kind, int unused)			\
{									\
	take;								\
	locks.value++;							\
	again;								\
	strike(kind);							\
	return 0;							\
}

#include "locks.def"

#define ONCE(name, take, again) { twice_##name },
static const struct section twices[] = {
#include "locks.def"
};

#define ONCE(name, take, again) #name,
const char * const twice_names[] = {
#include "locks.def"
};

const u32 twice_count = ARRAY_SIZE(twices);

noinline long lock_twice(u32 which, int kind)
{
	return twices[which].run(kind, STRIKE_NONE);
}

/* ---- order and interrupts --------------------------------------------------------- */

/* One after the other, while another task takes the second inside the first. */
noinline long lock_order(int kind)
{
	spin_lock(&locks.inner);
	locks.value++;
	spin_unlock(&locks.inner);
	spin_lock(&locks.spin);
	locks.value++;
	spin_unlock(&locks.spin);
	strike(kind);
	return 0;
}

/* A lock taken with interrupts off by hand; are they on again behind it? */
noinline long lock_by_hand(int kind)
{
	unsigned long flags;

	spin_lock_irq(&locks.inner);
	spin_unlock_irq(&locks.inner);
	locks.on[0] = !irqs_disabled();
	local_irq_save(flags);
	locks.on[1] = !irqs_disabled();
	spin_lock(&locks.spin);
	locks.value++;
	spin_unlock(&locks.spin);
	local_irq_restore(flags);
	locks.on[2] = !irqs_disabled();
	strike(kind);
	return 0;
}

void locks_setup(void)
{
	raw_spin_lock_init(&locks.raw);
	spin_lock_init(&locks.spin);
	spin_lock_init(&locks.inner);
	rwlock_init(&locks.rw);
	mutex_init(&locks.mutex);
	init_rwsem(&locks.rwsem);
	sema_init(&locks.sem, 2);
	seqlock_init(&locks.seq);
}
