// SPDX-License-Identifier: GPL-2.0
/*
 * Which calls are isolated: the user's say.
 *
 * An entry point and a device each have a policy; a call is a transaction if
 * both agree.  Off for an entry point is a static branch that is a nop, and
 * always for all is no question at all: mode is 0.  Everything else is asked
 * in fgft_policy_admits(), and a call that is not admitted runs the native
 * function behind its branch.
 *
 * As text, for people:
 *
 *	off  always  first <n>  after-fault <seconds>  sample <n>
 */
#include <linux/ctype.h>
#include <linux/jump_label.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/lockdep.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "fgft.h"
#include "policy.h"

#define NUMBER_MAX	1000000000	/* calls are counted in an atomic_t */

/*
 * Serialises writers of every policy, mode and switch.  Taken before the
 * kernel's jump label lock; never held while a kobject is deleted, which waits
 * for writers of its attributes.
 */
static DEFINE_MUTEX(policy_lock);

/* ---- settings as text --------------------------------------------------- */

static const struct {
	const char *name;
	bool counts;		/* a number follows */
} kinds[FGFT_POLICY_KINDS] = {
	[FGFT_POLICY_OFF]		= { "off", false },
	[FGFT_POLICY_ALWAYS]		= { "always", false },
	[FGFT_POLICY_FIRST]		= { "first", true },
	[FGFT_POLICY_AFTER_FAULT]	= { "after-fault", true },
	[FGFT_POLICY_SAMPLE]		= { "sample", true },
};

static u64 policy_word(enum fgft_policy_kind kind, u32 number)
{
	return (u64)kind << 32 | number;
}

static enum fgft_policy_kind word_kind(u64 word)
{
	return word >> 32;
}

/* @text without its name: nothing, or one space and a decimal from 1 on. */
static int number_parse(const char *text, bool counts, u32 *number)
{
	*number = 0;
	if (!counts)
		return *text ? -EINVAL : 0;
	if (text[0] != ' ' || !isdigit(text[1]) || text[1] == '0')
		return -EINVAL;
	if (kstrtou32(text + 1, 10, number) || *number > NUMBER_MAX)
		return -EINVAL;
	return 0;
}

static int policy_parse(const char *text, u64 *word)
{
	char line[32];
	size_t len = strcspn(text, "\n");
	u32 number;
	int i;

	/* A line feed may end it, as echo does, and nothing may follow. */
	if (len >= sizeof(line) || (text[len] && text[len + 1]))
		return -EINVAL;
	memcpy(line, text, len);
	line[len] = '\0';
	for (i = 0; i < FGFT_POLICY_KINDS; i++) {
		len = strlen(kinds[i].name);
		if (strncmp(line, kinds[i].name, len))
			continue;
		if (number_parse(line + len, kinds[i].counts, &number))
			return -EINVAL;
		*word = policy_word(i, number);
		return 0;
	}
	return -EINVAL;
}

static ssize_t policy_show(u64 word, char *buf)
{
	enum fgft_policy_kind kind = word_kind(word);

	if (kinds[kind].counts)
		return sysfs_emit(buf, "%s %u\n", kinds[kind].name, (u32)word);
	return sysfs_emit(buf, "%s\n", kinds[kind].name);
}

/* What a driver's entry points are set to when it is loaded. */
static u64 policy_default;

static int policy_default_set(const char *val, const struct kernel_param *kp)
{
	return policy_parse(val, &policy_default);
}

static int policy_default_get(char *buf, const struct kernel_param *kp)
{
	return policy_show(policy_default, buf);
}

static const struct kernel_param_ops policy_default_ops = {
	.set = policy_default_set,
	.get = policy_default_get,
};
module_param_cb(policy, &policy_default_ops, NULL, 0600);
MODULE_PARM_DESC(policy,
		 "isolation of newly loaded drivers: off (default) or any other policy");

/* ---- setting ------------------------------------------------------------- */

static void policy_set(struct fgft_policy *policy, u64 word)
{
	lockdep_assert_held(&policy_lock);

	/* In this order a call that comes between sees one of the two in full. */
	atomic_set(&policy->seen, 0);
	WRITE_ONCE(policy->word, word);
}

static void has_say(struct fgft_device *dev, void *data)
{
	if (word_kind(READ_ONCE(dev->policy.word)) != FGFT_POLICY_ALWAYS)
		*(bool *)data = true;
}

/* Bring mode and switch of every entry point in line with the policies. */
static void module_apply(struct fgft_module *mod)
{
	struct fgft_entry_state *state;
	enum fgft_policy_kind kind;
	bool devices = false;
	u32 i, mode;

	lockdep_assert_held(&policy_lock);

	fgft_checkpoint_each(mod, has_say, &devices);
	for (i = 0; i < mod->nentries; i++) {
		state = &mod->states[i];
		kind = word_kind(state->policy.word);
		mode = devices ? FGFT_MODE_DEVICE : 0;
		if (kind != FGFT_POLICY_ALWAYS)
			mode |= FGFT_MODE_ENTRY;
		WRITE_ONCE(state->mode, mode);
		/* Both do nothing where nothing changes. */
		if (kind == FGFT_POLICY_OFF && !atomic_read(&mod->restoring))
			static_branch_disable(&state->entry->key);
		else
			static_branch_enable(&state->entry->key);
	}
}

/**
 * fgft_policy_apply - have the switches follow the policies
 * @mod: the driver, of which a restore has begun or ended
 *
 * A restore is isolated whatever the policies say.  Other callers of what they
 * keep native are sent there from behind the switch.
 *
 * Context: Process.
 */
void fgft_policy_apply(struct fgft_module *mod)
{
	mutex_lock(&policy_lock);
	module_apply(mod);
	mutex_unlock(&policy_lock);
}

static int module_set(struct fgft_module *mod, u64 word)
{
	u32 i;

	lockdep_assert_held(&policy_lock);

	if (mod->going)
		return -ENODEV;
	for (i = 0; i < mod->nentries; i++)
		policy_set(&mod->states[i].policy, word);
	module_apply(mod);
	return 0;
}

static int one_set(struct fgft_module *mod, struct fgft_policy *policy,
		   const char *text)
{
	int err = 0;
	u64 word;

	if (policy_parse(text, &word))
		return -EINVAL;

	mutex_lock(&policy_lock);
	if (mod->going) {
		err = -ENODEV;
	} else {
		policy_set(policy, word);
		module_apply(mod);
	}
	mutex_unlock(&policy_lock);
	return err;
}

int fgft_policy_set_entry(struct fgft_entry_state *state, const char *text)
{
	return one_set(state->mod, &state->policy, text);
}

int fgft_policy_set_device(struct fgft_device *dev, const char *text)
{
	return one_set(dev->mod, &dev->policy, text);
}

int fgft_policy_set_module(struct fgft_module *mod, const char *text)
{
	u64 word;
	int err;

	if (policy_parse(text, &word))
		return -EINVAL;

	mutex_lock(&policy_lock);
	err = module_set(mod, word);
	mutex_unlock(&policy_lock);
	return err;
}

ssize_t fgft_policy_show_entry(struct fgft_entry_state *state, char *buf)
{
	return policy_show(READ_ONCE(state->policy.word), buf);
}

ssize_t fgft_policy_show_device(struct fgft_device *dev, char *buf)
{
	return policy_show(READ_ONCE(dev->policy.word), buf);
}

ssize_t fgft_policy_show_module(struct fgft_module *mod, char *buf)
{
	u64 word = mod->nentries ? mod->states[0].policy.word : 0;
	bool mixed = false;
	u32 i;

	mutex_lock(&policy_lock);
	for (i = 0; i < mod->nentries; i++)
		mixed |= mod->states[i].policy.word != mod->states[0].policy.word;
	if (mod->nentries)
		word = mod->states[0].policy.word;
	mutex_unlock(&policy_lock);

	return mixed ? sysfs_emit(buf, "mixed\n") : policy_show(word, buf);
}

void fgft_policy_prepare_device(struct fgft_device *dev)
{
	dev->policy.word = policy_word(FGFT_POLICY_ALWAYS, 0);
}

void fgft_policy_start(struct fgft_module *mod)
{
	mutex_lock(&policy_lock);
	module_set(mod, policy_default);
	mutex_unlock(&policy_lock);
}

void fgft_policy_stop(struct fgft_module *mod)
{
	mutex_lock(&policy_lock);
	module_set(mod, policy_word(FGFT_POLICY_OFF, 0));
	mod->going = true;
	mutex_unlock(&policy_lock);
}

/* ---- deciding ------------------------------------------------------------- */

static bool policy_admits(struct fgft_policy *policy, u64 fault_ns)
{
	u64 word = READ_ONCE(policy->word);
	int number = (u32)word;

	switch (word_kind(word)) {
	case FGFT_POLICY_FIRST:
		/* Looked at first, so that the count ends at the number. */
		return atomic_read(&policy->seen) < number &&
		       atomic_fetch_inc(&policy->seen) < number;
	case FGFT_POLICY_AFTER_FAULT:
		return fault_ns && ktime_get_mono_fast_ns() - fault_ns <
				   (u64)number * NSEC_PER_SEC;
	case FGFT_POLICY_SAMPLE:
		return (u32)atomic_fetch_inc(&policy->seen) % number == 0;
	default:
		return word_kind(word) != FGFT_POLICY_OFF;
	}
}

/**
 * fgft_policy_device - whose call it is
 * @state: entry point
 * @args: what it was called with
 *
 * Context: Any.  The record lives as long as the driver.
 * Return: the device's record; NULL if the arguments do not tell, or lead to a
 * device whose registers the driver has not mapped.
 */
struct fgft_device *fgft_policy_device(const struct fgft_entry_state *state,
				       const unsigned long *args)
{
	const struct fgft_locator *locator = &state->locator;
	struct fgft_device *found;
	struct device *dev;

	if (!locator->device || !args[locator->argument])
		return NULL;
	dev = locator->device((const void *)args[locator->argument]);
	found = dev ? fgft_checkpoint_find(dev) : NULL;
	return found && found->mod == state->mod ? found : NULL;
}

/**
 * fgft_policy_admits - is a call to be isolated?
 * @state: entry point, its static key on
 * @args: what it was called with
 *
 * The device is asked first: a call its policy keeps native does not count
 * for that of the entry point.
 *
 * Context: Any.
 * Return: false if the native function is to run.
 */
bool fgft_policy_admits(struct fgft_entry_state *state,
			const unsigned long *args)
{
	struct fgft_device *dev = NULL;

	if (READ_ONCE(state->mode) & FGFT_MODE_DEVICE)
		dev = fgft_policy_device(state, args);
	if (dev && !policy_admits(&dev->policy, READ_ONCE(dev->tally.fault_ns)))
		return false;
	return policy_admits(&state->policy,
			     READ_ONCE(state->mod->tally.fault_ns));
}

/**
 * fgft_policy_note - a call was aborted
 * @call: the call, rolled back: what its arguments lead to can be trusted
 *
 * From now on, not from the end of a recovery that may take seconds, it is
 * "after a fault".
 *
 * Context: Any.
 */
void fgft_policy_note(struct fgft_call *call)
{
	struct fgft_entry_state *state = call->entry->state;
	u64 now = call->fault.detected_ns;

	call->fault.dev = call->dev ?: fgft_policy_device(state, call->frame->args);
	atomic64_inc(&state->aborts);
	WRITE_ONCE(state->tally.fault_ns, now);
	WRITE_ONCE(state->mod->tally.fault_ns, now);
	if (call->fault.dev)
		WRITE_ONCE(call->fault.dev->tally.fault_ns, now);
}
