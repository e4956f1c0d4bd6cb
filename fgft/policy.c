// SPDX-License-Identifier: GPL-2.0
/*
 * Which entry points are isolated: the user's say.
 */
#include <linux/jump_label.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "fgft.h"
#include "policy.h"

/*
 * Serialises writers of every entry's switch.  Taken before the kernel's jump
 * label lock; never held while a kobject is deleted, which waits for writers of
 * its attributes.
 */
static DEFINE_MUTEX(policy_lock);

static const char * const policy_names[] = { "off", "always" };

static int policy_parse(const char *text, bool *on)
{
	int n = sysfs_match_string(policy_names, text);

	if (n < 0)
		return -EINVAL;
	*on = n;
	return 0;
}

/* What a driver's entry points are set to when it is loaded. */
static bool policy_default;

static int policy_default_set(const char *val, const struct kernel_param *kp)
{
	return policy_parse(val, &policy_default);
}

static int policy_default_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s\n", policy_names[policy_default]);
}

static const struct kernel_param_ops policy_default_ops = {
	.set = policy_default_set,
	.get = policy_default_get,
};
module_param_cb(policy, &policy_default_ops, NULL, 0600);
MODULE_PARM_DESC(policy,
		 "isolation of newly loaded drivers: off (default) or always");

static void entry_switch(struct fgft_entry_state *state, bool on)
{
	lockdep_assert_held(&policy_lock);

	if (state->on == on)
		return;
	state->on = on;
	if (on)
		static_branch_enable(&state->entry->key);
	else
		static_branch_disable(&state->entry->key);
}

static void module_switch(struct fgft_module *mod, bool on)
{
	u32 i;

	for (i = 0; i < mod->nentries; i++)
		entry_switch(&mod->states[i], on);
}

int fgft_policy_set_entry(struct fgft_entry_state *state, const char *text)
{
	int err = 0;
	bool on;

	if (policy_parse(text, &on))
		return -EINVAL;

	mutex_lock(&policy_lock);
	if (state->mod->going)
		err = -ENODEV;
	else
		entry_switch(state, on);
	mutex_unlock(&policy_lock);
	return err;
}

int fgft_policy_set_module(struct fgft_module *mod, const char *text)
{
	int err = 0;
	bool on;

	if (policy_parse(text, &on))
		return -EINVAL;

	mutex_lock(&policy_lock);
	if (mod->going)
		err = -ENODEV;
	else
		module_switch(mod, on);
	mutex_unlock(&policy_lock);
	return err;
}

ssize_t fgft_policy_show_entry(struct fgft_entry_state *state, char *buf)
{
	return sysfs_emit(buf, "%s\n", policy_names[READ_ONCE(state->on)]);
}

ssize_t fgft_policy_show_module(struct fgft_module *mod, char *buf)
{
	const char *text = policy_names[false];
	u32 i, on = 0;

	mutex_lock(&policy_lock);
	for (i = 0; i < mod->nentries; i++)
		on += mod->states[i].on;
	mutex_unlock(&policy_lock);

	if (on)
		text = on == mod->nentries ? policy_names[true] : "mixed";
	return sysfs_emit(buf, "%s\n", text);
}

void fgft_policy_start(struct fgft_module *mod)
{
	mutex_lock(&policy_lock);
	module_switch(mod, policy_default);
	mutex_unlock(&policy_lock);
}

void fgft_policy_stop(struct fgft_module *mod)
{
	mutex_lock(&policy_lock);
	mod->going = true;
	module_switch(mod, false);
	mutex_unlock(&policy_lock);
}
