// SPDX-License-Identifier: GPL-2.0
/*
 * Fault injection, see inject.h.
 *
 * One fault is armed at a time, for one entry point.  The first call of that
 * entry that reaches its n-th site is struck, or the first few, in the driver's
 * own code, and nothing more happens until the next arming.  Sites are counted within one
 * call: on the stack of that call, not in an interrupt handler that came on
 * top, nor in the same function called elsewhere at the same time.
 *
 * What an isolated call has put off to its end is run behind it.  Natively that
 * is part of the call, driver functions the kernel calls from there included,
 * so for mutants, who ask fgft_inject_within(), the call lasts until then.
 *
 * When nothing is armed all hooks are a patched-out jump.
 */
#define pr_fmt(fmt) "fgft: " fmt

#include <linux/hardirq.h>
#include <linux/jump_label.h>
#include <linux/kobject.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include <linux/fgft_fault.h>

#include "control.h"
#include "driver.h"
#include "fgft.h"
#include "inject.h"

/*
 * enum inject_state - life of an arming
 *
 *	IDLE	-> ARMED	written to /sys/kernel/fgft/inject
 *	ARMED	-> STRUCK	the n-th site was reached, as often as asked for
 *	ARMED	-> PROFILED	a call to be profiled has returned, or was aborted
 *	any	-> IDLE		"off", or the driver was unloaded while ARMED
 */
enum inject_state {
	INJECT_IDLE,
	INJECT_ARMED,
	INJECT_STRUCK,
	INJECT_PROFILED,
};

static const char * const state_names[] = {
	[INJECT_IDLE]		= "idle",
	[INJECT_ARMED]		= "armed",
	[INJECT_STRUCK]		= "struck",
	[INJECT_PROFILED]	= "profiled",
};

static const char * const fault_names[] = {
	[FGFT_FAULT_NONE]		= "none",
	[FGFT_FAULT_NULL_LOAD]		= "null-load",
	[FGFT_FAULT_WILD_STORE]		= "wild-store",
	[FGFT_FAULT_DIVIDE]		= "divide",
	[FGFT_FAULT_BUG]		= "bug",
	[FGFT_FAULT_LOOP]		= "loop",
	[FGFT_FAULT_WILD_ARGUMENT]	= "wild-argument",
	[FGFT_FAULT_COUNT]		= "profile",
};

/* What sites found on their way through a call. */
struct tally {
	u32 hits;
	u32 first[FGFT_SITE_RETURN + 1];	/* by kind, 1-based; 0: none */
};

static struct {
	enum inject_state state;
	const struct fgft_entry *entry;	/* never dereferenced */
	int fault;			/* FGFT_FAULT_COUNT: profile */
	u32 hit;			/* strike at this site of a call */
	u32 times;			/* calls left to strike */
	struct task_struct *owner;	/* in a matching call, else NULL */
	u32 level;			/* its context */
	unsigned long frame;		/* its stack position */
	u32 depth;			/* entry points it is inside of */
	bool ending;			/* it is through, what it put off is not */
	struct tally running;		/* of the owner's call */
	struct tally last;		/* of the last matching call */
} inject;

/* Protects inject.  Innermost; taken in any context but NMI. */
static DEFINE_RAW_SPINLOCK(inject_lock);

/* Serialises arming, which sleeps. */
static DEFINE_MUTEX(inject_control);

static DEFINE_STATIC_KEY_FALSE(inject_key);

/* ---- hooks -------------------------------------------------------------- */

/* The context part of preempt_count(): task, softirq, hardirq or NMI. */
static u32 context_level(void)
{
	return preempt_count() & (NMI_MASK | HARDIRQ_MASK | SOFTIRQ_OFFSET);
}

static bool is_owner(void)
{
	lockdep_assert_held(&inject_lock);

	return inject.owner == current && inject.level == context_level();
}

static void call_ended(void)
{
	lockdep_assert_held(&inject_lock);

	inject.owner = NULL;
	if (!inject.ending)
		inject.last = inject.running;
	inject.ending = false;
}

/**
 * __fgft_inject_enter - a call of an entry point begins
 * @entry: the entry point
 *
 * If it is one to be struck and no other such call is under way it becomes the
 * owner of the arming.  An entry point called deeper on the owner's stack is
 * part of its call; one further up means that the owner's call was left
 * without its end, and is over.
 *
 * Context: Any but NMI.
 */
void __fgft_inject_enter(struct fgft_entry *entry)
{
	unsigned long frame = (unsigned long)__builtin_frame_address(0);
	unsigned long flags;

	if (!static_branch_unlikely(&inject_key))
		return;

	raw_spin_lock_irqsave(&inject_lock, flags);
	if (inject.owner && is_owner()) {
		if (frame < inject.frame)
			inject.depth += !inject.ending;
		else
			call_ended();
	}
	if (inject.state == INJECT_ARMED && inject.entry == entry &&
	    !inject.owner) {
		inject.owner = current;
		inject.level = context_level();
		inject.frame = frame;
		inject.depth = 1;
		memset(&inject.running, 0, sizeof(inject.running));
	}
	raw_spin_unlock_irqrestore(&inject_lock, flags);
}
EXPORT_SYMBOL_GPL(__fgft_inject_enter);

/* The owner's call has returned; is there something it has put off? */
static bool call_ends_later(void)
{
	const struct fgft_call *call = fgft_call_current();

	lockdep_assert_held(&inject_lock);

	if (inject.fault != FGFT_FAULT_COUNT || !call ||
	    call->defer_at == call->defer_first)
		return false;
	inject.last = inject.running;
	inject.ending = true;
	/* Whatever is called from there is deeper than this. */
	inject.frame = (unsigned long)call->frame;
	return true;
}

static void call_over(void)
{
	lockdep_assert_held(&inject_lock);

	call_ended();
	if (inject.fault == FGFT_FAULT_COUNT)
		inject.state = INJECT_PROFILED;
}

/**
 * __fgft_inject_leave - a call of an entry point is about to return
 *
 * Depth is counted because the frame does not tell here: this may be a tail
 * call, made from the frame above.
 *
 * Context: Any but NMI.
 */
void __fgft_inject_leave(void)
{
	unsigned long flags;

	if (!static_branch_unlikely(&inject_key))
		return;

	raw_spin_lock_irqsave(&inject_lock, flags);
	if (inject.owner && is_owner() && !inject.ending &&
	    !--inject.depth && !call_ends_later())
		call_over();
	raw_spin_unlock_irqrestore(&inject_lock, flags);
}
EXPORT_SYMBOL_GPL(__fgft_inject_leave);

void fgft_inject_commit(const struct fgft_entry *entry)
{
	unsigned long flags;

	if (!static_branch_unlikely(&inject_key))
		return;

	raw_spin_lock_irqsave(&inject_lock, flags);
	if (inject.entry == entry && inject.owner && is_owner() &&
	    inject.ending)
		call_over();
	raw_spin_unlock_irqrestore(&inject_lock, flags);
}

/**
 * __fgft_inject_site - a site is passed
 * @site: its kind (FGFT_SITE_*) and number in the translation unit
 *
 * Context: Any but NMI.
 * Return: the enum fgft_fault_kind the driver is to commit here and now,
 * almost always FGFT_FAULT_NONE.
 */
int __fgft_inject_site(u32 site)
{
	u32 kind = site >> FGFT_SITE_SHIFT;
	int strike = FGFT_FAULT_NONE;
	unsigned long flags;
	struct tally *tally = &inject.running;

	if (!static_branch_unlikely(&inject_key))
		return FGFT_FAULT_NONE;

	raw_spin_lock_irqsave(&inject_lock, flags);
	if (inject.owner && is_owner() && !inject.ending) {
		tally->hits++;
		if (kind <= FGFT_SITE_RETURN && !tally->first[kind])
			tally->first[kind] = tally->hits;
		if (inject.fault != FGFT_FAULT_COUNT &&
		    tally->hits == inject.hit) {
			call_ended();
			if (!--inject.times)
				inject.state = INJECT_STRUCK;
			strike = inject.fault;
		}
	}
	raw_spin_unlock_irqrestore(&inject_lock, flags);
	return strike;
}
EXPORT_SYMBOL_GPL(__fgft_inject_site);

bool fgft_inject_within(void)
{
	unsigned long flags;
	bool within;

	if (!static_branch_unlikely(&inject_key))
		return false;

	raw_spin_lock_irqsave(&inject_lock, flags);
	within = inject.owner && is_owner();
	raw_spin_unlock_irqrestore(&inject_lock, flags);
	return within;
}

void fgft_inject_abandon(const struct fgft_entry *entry, bool again)
{
	unsigned long flags;

	if (!static_branch_unlikely(&inject_key))
		return;

	raw_spin_lock_irqsave(&inject_lock, flags);
	if (!inject.owner || !is_owner())
		goto unlock;
	if (inject.entry == entry && again)
		call_ended();
	else if (inject.entry == entry || (inject.ending && !again))
		call_over();
unlock:
	raw_spin_unlock_irqrestore(&inject_lock, flags);
}

void fgft_inject_forget(const struct fgft_entry *entry)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&inject_lock, flags);
	if (inject.entry == entry) {
		inject.entry = NULL;
		inject.owner = NULL;
		if (inject.state == INJECT_ARMED)
			inject.state = INJECT_IDLE;
	}
	raw_spin_unlock_irqrestore(&inject_lock, flags);
}

/* ---- /sys/kernel/fgft/inject -------------------------------------------- */

static void inject_reset(void)
{
	lockdep_assert_held(&inject_control);

	raw_spin_lock_irq(&inject_lock);
	memset(&inject, 0, sizeof(inject));
	raw_spin_unlock_irq(&inject_lock);
}

static void inject_disarm(void)
{
	static_branch_disable(&inject_key);
	inject_reset();
}

static int inject_arm(const char *module, const char *function,
		      const char *fault_name, u32 hit, u32 times)
{
	const struct fgft_entry *entry;
	int fault;

	lockdep_assert_held(&inject_control);

	fault = match_string(fault_names, ARRAY_SIZE(fault_names), fault_name);
	if (fault < 0 || !hit || !times)
		return -EINVAL;
	entry = fgft_driver_entry(module, function);
	if (!entry)
		return -ENOENT;

	/* One arming after the other leaves the hooks as they are. */
	inject_reset();
	raw_spin_lock_irq(&inject_lock);
	inject.entry = entry;
	inject.fault = fault;
	inject.hit = hit;
	inject.times = times;
	inject.state = INJECT_ARMED;
	raw_spin_unlock_irq(&inject_lock);
	static_branch_enable(&inject_key);
	return 0;
}

static ssize_t inject_store(struct kobject *kobj, struct kobj_attribute *attr,
			    const char *buf, size_t count)
{
	char module[MODULE_NAME_LEN], function[128], fault[16], junk;
	int err = 0;
	u32 hit = 1, times = 1;
	int n;

	BUILD_BUG_ON(MODULE_NAME_LEN != 56);

	n = sscanf(buf, "%55s %127s %15s %u %u %c", module, function, fault,
		   &hit, &times, &junk);

	mutex_lock(&inject_control);
	if (n == 1 && !strcmp(module, "off"))
		inject_disarm();
	else if (n == 4 || n == 5 || (n == 3 && !strcmp(fault, "profile")))
		err = inject_arm(module, function, fault, hit, times);
	else
		err = -EINVAL;
	mutex_unlock(&inject_control);
	return err ?: count;
}

static ssize_t inject_show(struct kobject *kobj, struct kobj_attribute *attr,
			   char *buf)
{
	enum inject_state state;
	struct tally last;

	raw_spin_lock_irq(&inject_lock);
	state = inject.state;
	last = inject.last;
	raw_spin_unlock_irq(&inject_lock);

	return sysfs_emit(buf,
			  "state: %s\nhits: %u\nfirst_store: %u\nfirst_write: %u\n",
			  state_names[state], last.hits,
			  last.first[FGFT_SITE_STORE],
			  last.first[FGFT_SITE_WRITE]);
}

static struct kobj_attribute inject_attr =
	__ATTR(inject, 0600, inject_show, inject_store);

/* ---- /sys/kernel/fgft/victim -------------------------------------------- */

#define VICTIM_WORDS	(PAGE_SIZE / sizeof(unsigned long))
#define VICTIM_PATTERN	0x5afe5afe5afe5afeUL

/*
 * Plays the data of an innocent module.  It really is another module's: a
 * driver that stores here corrupts fgft.ko.
 */
static unsigned long victim[VICTIM_WORDS] __aligned(PAGE_SIZE);
unsigned long *fgft_inject_victim = victim;
EXPORT_SYMBOL_GPL(fgft_inject_victim);

static ssize_t victim_show(struct kobject *kobj, struct kobj_attribute *attr,
			   char *buf)
{
	bool intact = true;
	size_t i;

	for (i = 0; i < VICTIM_WORDS; i++)
		intact &= READ_ONCE(victim[i]) == VICTIM_PATTERN;
	return sysfs_emit(buf, "%s\n", intact ? "intact" : "corrupted");
}

static ssize_t victim_store(struct kobject *kobj, struct kobj_attribute *attr,
			    const char *buf, size_t count)
{
	if (!sysfs_streq(buf, "reset"))
		return -EINVAL;
	memset_l(victim, VICTIM_PATTERN, VICTIM_WORDS);
	return count;
}

static struct kobj_attribute victim_attr =
	__ATTR(victim, 0600, victim_show, victim_store);

static const struct attribute *inject_attrs[] = {
	&inject_attr.attr,
	&victim_attr.attr,
	NULL
};

int fgft_inject_init(struct kobject *parent)
{
	memset_l(victim, VICTIM_PATTERN, VICTIM_WORDS);
	return sysfs_create_files(parent, inject_attrs);
}

void fgft_inject_exit(void)
{
	sysfs_remove_files(fgft_control_root(), inject_attrs);
	mutex_lock(&inject_control);
	inject_disarm();
	mutex_unlock(&inject_control);
}
