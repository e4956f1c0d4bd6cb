// SPDX-License-Identifier: GPL-2.0
/*
 * Mutants, see inject.h: mistakes compiled into a driver, one awake at a time.
 *
 * Each translation unit has a word that its sites look at; it is zero but in
 * the unit of the mutant that is awake.  Only then do sites come here, where
 * all but the one with that number go on as ever.
 *
 * To plan a campaign one has to know which mutants a workload passes.  For that
 * all units are set to FGFT_MUTANTS_COVER: nothing is changed, and each site
 * leaves a bit.
 */
#define pr_fmt(fmt) "fgft: " fmt

#include <linux/bitmap.h>
#include <linux/hash.h>
#include <linux/kobject.h>
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/vmalloc.h>

#include <linux/fgft_fault.h>

#include "driver.h"
#include "fgft.h"
#include "inject.h"

#define FREED_SIZE	1024	/* of the object that freed pointers lead to */
#define UNIT_NAME	64	/* longest stem of a source file's name, with its end */
#define COVER_SIZE	(256 * 1024)	/* of the text that lists what was covered */

/*
 * enum mutant_state - life of an arming
 *
 *	OFF	-> AWAKE	a number was written to /sys/kernel/fgft/mutant
 *	OFF	-> COVERING	"cover" was
 *	any	-> OFF		"off", or the driver was unloaded
 */
enum mutant_state {
	MUTANT_OFF,
	MUTANT_AWAKE,
	MUTANT_COVERING,
};

static const char * const state_names[] = {
	[MUTANT_OFF]		= "off",
	[MUTANT_AWAKE]		= "awake",
	[MUTANT_COVERING]	= "covering",
};

/* Written under mutant_control while no unit is armed, but for the counters. */
static struct {
	enum mutant_state state;
	struct fgft_module *mod;	/* NULL when off */
	u64 random;
	u64 freed;
	bool within;			/* only inside of the armed call of inject.c */
	u32 times;			/* strike so often; 0: each time */
	atomic_t passed;
	atomic_t struck;
	atomic64_t first_ns;		/* ktime of the first strike */
} mutant;

/* Serialises arming. */
static DEFINE_MUTEX(mutant_control);

/* ---- the hook ----------------------------------------------------------------- */

static u64 effect(u32 number, u64 value, u64 aux)
{
	switch ((enum fgft_mutant_effect)(number >> FGFT_MUTANT_SHIFT)) {
	case FGFT_MUTANT_RANDOM:
		return mutant.random;
	case FGFT_MUTANT_FREED:
		return mutant.freed;
	default:
		return fgft_mutant_apply(number, value, aux);
	}
}

static bool strikes(void)
{
	u32 times = READ_ONCE(mutant.times);

	if (mutant.within && !fgft_inject_within())
		return false;
	if (atomic_inc_return(&mutant.passed) > times && times)
		return false;
	if (atomic_inc_return(&mutant.struck) == 1)
		atomic64_set(&mutant.first_ns, ktime_get_mono_fast_ns());
	return true;
}

/**
 * __fgft_mutant - a site of a unit in which a mutant is awake is passed
 * @unit: the unit's mutants
 * @number: the site's
 * @value: what the driver is about to use
 * @aux: what the mistake is made with
 *
 * Context: Any but NMI.
 * Return: what the driver uses: @value unless this site's mutant is awake.
 */
u64 __fgft_mutant(struct fgft_mutants *unit, u32 number, u64 value, u64 aux)
{
	u64 armed = READ_ONCE(unit->armed);
	u32 index = number & (BIT(FGFT_MUTANT_SHIFT) - 1);
	unsigned long *covered;

	if (armed == number)
		return strikes() ? effect(number, value, aux) : value;
	if (armed != FGFT_MUTANTS_COVER)
		return value;
	if (mutant.within && !fgft_inject_within())
		return value;
	rcu_read_lock();
	covered = READ_ONCE(unit->covered);
	if (covered && index < unit->count)
		set_bit(index, covered);
	rcu_read_unlock();
	return value;
}
EXPORT_SYMBOL_GPL(__fgft_mutant);

/* ---- arming --------------------------------------------------------------------- */

/* "e1000_main" of ".../e1000_main.c" */
static void unit_name(const struct fgft_unit *unit, char *name)
{
	char *dot;

	strscpy(name, kbasename(unit->source), UNIT_NAME);
	dot = strrchr(name, '.');
	if (dot)
		*dot = '\0';
}

static void cover_forget(struct fgft_module *mod)
{
	unsigned long *covered;
	u32 i;

	for (i = 0; i < mod->nunits; i++) {
		if (!mod->units[i]->mutants)
			continue;
		covered = xchg(&mod->units[i]->mutants->covered, NULL);
		if (covered) {
			synchronize_rcu();
			kvfree(covered);
		}
	}
}

static void mutant_off(void)
{
	u32 i;

	lockdep_assert_held(&mutant_control);

	if (mutant.state == MUTANT_OFF)
		return;
	for (i = 0; i < mutant.mod->nunits; i++)
		if (mutant.mod->units[i]->mutants)
			WRITE_ONCE(mutant.mod->units[i]->mutants->armed, 0);
	cover_forget(mutant.mod);
	mutant.state = MUTANT_OFF;
	mutant.mod = NULL;
}

static void mutant_reset(struct fgft_module *mod, bool within)
{
	mutant.mod = mod;
	mutant.within = within;
	atomic_set(&mutant.passed, 0);
	atomic_set(&mutant.struck, 0);
	atomic64_set(&mutant.first_ns, 0);
}

/* Where a pointer leads that is used after its object has been freed. */
static u64 freed_address(void)
{
	void *object = kmalloc(FREED_SIZE, GFP_KERNEL);

	kfree(object);
	return (unsigned long)object;
}

static int mutant_wake(struct fgft_module *mod, const char *unit, u32 number,
		       u32 times, u64 seed, bool within)
{
	struct fgft_mutants *found = NULL;
	char name[UNIT_NAME];
	u32 i;

	for (i = 0; i < mod->nunits; i++) {
		unit_name(mod->units[i], name);
		if (mod->units[i]->mutants && !strcmp(name, unit))
			found = mod->units[i]->mutants;
	}
	if (!found)
		return -ENOENT;
	if ((number & (BIT(FGFT_MUTANT_SHIFT) - 1)) >= found->count ||
	    number >> FGFT_MUTANT_SHIFT == 0 ||
	    number >> FGFT_MUTANT_SHIFT >= FGFT_MUTANT_EFFECTS)
		return -EINVAL;

	mutant_off();
	mutant_reset(mod, within);
	mutant.random = hash_64(seed + number, 64) * GOLDEN_RATIO_64;
	mutant.freed = freed_address();
	mutant.times = times;
	mutant.state = MUTANT_AWAKE;
	/* Sites that see the number see what goes with it. */
	smp_store_release(&found->armed, number);
	return 0;
}

static int mutant_cover(struct fgft_module *mod, bool within)
{
	struct fgft_mutants *mutants;
	u32 i;

	mutant_off();
	for (i = 0; i < mod->nunits; i++) {
		mutants = mod->units[i]->mutants;
		if (!mutants)
			continue;
		mutants->covered = kvcalloc(BITS_TO_LONGS(mutants->count),
					    sizeof(long), GFP_KERNEL);
		if (!mutants->covered) {
			cover_forget(mod);
			return -ENOMEM;
		}
	}
	mutant_reset(mod, within);
	mutant.state = MUTANT_COVERING;
	for (i = 0; i < mod->nunits; i++) {
		mutants = mod->units[i]->mutants;
		if (!mutants)
			continue;
		/* Sites that are to note themselves see where. */
		smp_store_release(&mutants->armed, FGFT_MUTANTS_COVER);
	}
	return 0;
}

void fgft_mutant_forget(struct fgft_module *mod)
{
	mutex_lock(&mutant_control);
	if (mutant.mod == mod)
		mutant_off();
	mutex_unlock(&mutant_control);
}

/* ---- /sys/kernel/fgft/mutant -------------------------------------------------------- */

static bool is_within(const char *word, bool *within)
{
	*within = !strcmp(word, "within");
	return *within || !strcmp(word, "anywhere");
}

/* Text of a write, "<driver> <unit> <number> <times> <seed> <where>". */
struct request {
	char module[MODULE_NAME_LEN];
	char unit[UNIT_NAME];
	char where[16];
	u32 number;
	u32 times;
	u64 seed;
};

static int mutant_request(struct fgft_module *mod, const struct request *rq,
			  bool cover)
{
	bool within;

	if (!is_within(rq->where, &within))
		return -EINVAL;
	return cover ? mutant_cover(mod, within) :
		       mutant_wake(mod, rq->unit, rq->number, rq->times,
				   rq->seed, within);
}

static ssize_t mutant_store(struct kobject *kobj, struct kobj_attribute *attr,
			    const char *buf, size_t count)
{
	struct request rq = {};
	struct fgft_module *mod;
	bool cover = false;
	int n, err = 0;
	char junk;

	BUILD_BUG_ON(MODULE_NAME_LEN != 56 || UNIT_NAME != 64);
	n = sscanf(buf, "%55s %63s %u %u %llu %15s %c", rq.module, rq.unit,
		   &rq.number, &rq.times, &rq.seed, rq.where, &junk);
	if (n == 2) {
		cover = !strcmp(rq.unit, "cover");
		n = sscanf(buf, "%55s cover %15s %c", rq.module, rq.where, &junk);
	} else if (n != 6 && n != 1) {
		return -EINVAL;
	}
	if (cover ? n != 2 : n != 6 && n != 1)
		return -EINVAL;

	mutex_lock(&mutant_control);
	if (n == 1) {
		err = strcmp(rq.module, "off") ? -EINVAL : 0;
		if (!err)
			mutant_off();
	} else {
		mod = fgft_driver_get(rq.module);
		err = mod ? mutant_request(mod, &rq, cover) : -ENOENT;
		if (mod)
			fgft_driver_put(mod);
	}
	mutex_unlock(&mutant_control);
	return err ?: count;
}

static ssize_t mutant_show(struct kobject *kobj, struct kobj_attribute *attr,
			   char *buf)
{
	ssize_t len;

	mutex_lock(&mutant_control);
	len = sysfs_emit(buf, "state: %s\npassed: %d\nstruck: %d\nfirst_ns: %lld\n",
			 state_names[mutant.state], atomic_read(&mutant.passed),
			 atomic_read(&mutant.struck),
			 atomic64_read(&mutant.first_ns));
	mutex_unlock(&mutant_control);
	return len;
}

static struct kobj_attribute mutant_attr =
	__ATTR(mutant, 0600, mutant_show, mutant_store);

/* ---- /sys/kernel/fgft/covered -------------------------------------------------------- */

/* "<unit>: <list of places, as of cpulist>", a line a unit. */
static size_t cover_text(const struct fgft_module *mod, char *text, size_t size)
{
	const struct fgft_mutants *mutants;
	char name[UNIT_NAME];
	size_t len = 0;
	u32 i;

	for (i = 0; i < mod->nunits; i++) {
		mutants = mod->units[i]->mutants;
		if (!mutants || !mutants->covered)
			continue;
		unit_name(mod->units[i], name);
		len += scnprintf(text + len, size - len, "%s: %*pbl\n", name,
				 (int)mutants->count, mutants->covered);
	}
	return len;
}

static ssize_t covered_read(struct file *file, struct kobject *kobj,
			    struct bin_attribute *attr, char *buf, loff_t pos,
			    size_t count)
{
	ssize_t len = 0;
	char *text;

	text = vzalloc(COVER_SIZE);
	if (!text)
		return -ENOMEM;
	mutex_lock(&mutant_control);
	if (mutant.state == MUTANT_COVERING)
		len = cover_text(mutant.mod, text, COVER_SIZE);
	mutex_unlock(&mutant_control);
	len = memory_read_from_buffer(buf, count, &pos, text, len);
	vfree(text);
	return len;
}

static struct bin_attribute covered_attr = {
	.attr = { .name = "covered", .mode = 0400 },
	.read = covered_read,
};

/**
 * fgft_mutant_init - make the files
 * @parent: /sys/kernel/fgft
 *
 * Context: Process.
 * Return: 0, or the error of sysfs.
 */
int fgft_mutant_init(struct kobject *parent)
{
	int err = sysfs_create_file(parent, &mutant_attr.attr);

	if (err)
		return err;
	err = sysfs_create_bin_file(parent, &covered_attr);
	if (err)
		sysfs_remove_file(parent, &mutant_attr.attr);
	return err;
}

/**
 * fgft_mutant_exit - remove them; no driver is left
 * @parent: /sys/kernel/fgft
 *
 * Context: Process.
 */
void fgft_mutant_exit(struct kobject *parent)
{
	sysfs_remove_bin_file(parent, &covered_attr);
	sysfs_remove_file(parent, &mutant_attr.attr);
}
