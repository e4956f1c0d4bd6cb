// SPDX-License-Identifier: GPL-2.0
/*
 * Control: the files below /sys/kernel/fgft, and the events told from there.
 *
 * What files there are stands in tables (control/), one line a file.
 *
 * Objects and who frees them: the records of a driver and of a device go with
 * their kobjects; those of entries and devices hold a reference on the driver's.
 */
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/sysfs.h>
#include <linux/workqueue.h>

#include "control.h"
#include "driver.h"
#include "dump.h"
#include "fgft.h"
#include "policy.h"
#include "report.h"

static struct kset *root;

/* ---- what drivers, entries and devices have in common -------------------- */

static void tally_read(struct fgft_tally *copy, const struct fgft_tally *tally,
		       struct fgft_module *mod)
{
	spin_lock_irq(&mod->fault_lock);
	*copy = *tally;
	spin_unlock_irq(&mod->fault_lock);
	/* What is counted can be read in the log, too. */
	fgft_report_flush();
}

static u64 tally_faults(const struct fgft_tally *tally, struct fgft_module *mod)
{
	struct fgft_tally copy;
	u64 faults = 0;
	int i;

	tally_read(&copy, tally, mod);
	for (i = 0; i < FGFT_CAUSE_COUNT; i++)
		faults += copy.causes[i];
	return faults;
}

static ssize_t tally_causes(const struct fgft_tally *tally,
			    struct fgft_module *mod, char *buf)
{
	struct fgft_tally copy;
	int i, len = 0;

	tally_read(&copy, tally, mod);
	for (i = FGFT_CAUSE_NONE + 1; i < FGFT_CAUSE_COUNT; i++)
		len += sysfs_emit_at(buf, len, "%s: %llu\n", fgft_cause_name(i),
				     copy.causes[i]);
	return len;
}

static ssize_t tally_steps(const struct fgft_tally *tally,
			   struct fgft_module *mod, char *buf)
{
	struct fgft_tally copy;
	int i, len = 0;

	tally_read(&copy, tally, mod);
	for (i = 0; i < FGFT_STEP_COUNT; i++)
		len += sysfs_emit_at(buf, len, "%s: %llu\n", fgft_step_name(i),
				     copy.steps[i]);
	return len;
}

/* The files every kind has: its policy and its tally. */
#define COMMON_FILES(scope, of, owner)					\
static ssize_t scope##_policy_show(struct kobject *kobj,		\
				   struct kobj_attribute *attr, char *buf) \
{									\
	return fgft_policy_show_##scope(of(kobj), buf);			\
}									\
									\
static ssize_t scope##_policy_store(struct kobject *kobj,		\
				    struct kobj_attribute *attr,	\
				    const char *buf, size_t count)	\
{									\
	return fgft_policy_set_##scope(of(kobj), buf) ?: count;		\
}									\
									\
static ssize_t scope##_causes_show(struct kobject *kobj,		\
				   struct kobj_attribute *attr, char *buf) \
{									\
	return tally_causes(&of(kobj)->tally, owner(kobj), buf);	\
}									\
									\
static ssize_t scope##_steps_show(struct kobject *kobj,			\
				  struct kobj_attribute *attr, char *buf) \
{									\
	return tally_steps(&of(kobj)->tally, owner(kobj), buf);		\
}

/* ---- an entry point ------------------------------------------------------ */

static struct fgft_entry_state *to_state(struct kobject *kobj)
{
	return container_of(kobj, struct fgft_entry_state, kobj);
}

static struct fgft_module *entry_owner(struct kobject *kobj)
{
	return to_state(kobj)->mod;
}

COMMON_FILES(entry, to_state, entry_owner)

static ssize_t entry_table_show(struct kobject *kobj,
				struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", to_state(kobj)->entry->table);
}

static u64 entry_commits(const struct fgft_entry_state *state)
{
	u64 commits = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		commits += *per_cpu_ptr(state->commits, cpu);
	return commits;
}

static ssize_t entry_window_show(struct kobject *kobj,
				 struct kobj_attribute *attr, char *buf)
{
	return fgft_window_show(to_state(kobj), buf);
}

static ssize_t entry_quarantined_show(struct kobject *kobj,
				      struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(to_state(kobj)->quarantined));
}

/* Only faults put an entry point there; the user lets it out. */
static ssize_t entry_quarantined_store(struct kobject *kobj,
				       struct kobj_attribute *attr,
				       const char *buf, size_t count)
{
	bool on;

	if (kstrtobool(buf, &on) || on)
		return -EINVAL;
	fgft_repeat_pardon(to_state(kobj));
	return count;
}

#define SCOPE		entry
#define SCOPE_TABLE	"control/entry.def"
#define SCOPE_OBJECT	struct fgft_entry_state *state = to_state(kobj)
#include "control/files.h"

static void entry_release(struct kobject *kobj)
{
	kobject_put(&to_state(kobj)->mod->kobj);
}

static const struct kobj_type entry_ktype = {
	.release = entry_release,
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = entry_groups,
};

/* ---- a device -------------------------------------------------------------- */

static struct fgft_device *to_device(struct kobject *kobj)
{
	return container_of(kobj, struct fgft_device, kobj);
}

static struct fgft_module *device_owner(struct kobject *kobj)
{
	return to_device(kobj)->mod;
}

COMMON_FILES(device, to_device, device_owner)

#define SCOPE		device
#define SCOPE_TABLE	"control/device.def"
#define SCOPE_OBJECT	struct fgft_device *dev = to_device(kobj)
#include "control/files.h"

static void device_kobj_release(struct kobject *kobj)
{
	struct fgft_module *mod = to_device(kobj)->mod;

	fgft_checkpoint_free(to_device(kobj));
	kobject_put(&mod->kobj);
}

static const struct kobj_type device_files_ktype = {
	.release = device_kobj_release,
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = device_groups,
};

void fgft_control_device_prepare(struct fgft_device *dev)
{
	fgft_policy_prepare_device(dev);
	kobject_init(&dev->kobj, &device_files_ktype);
	kobject_get(&dev->mod->kobj);	/* put by device_kobj_release() */
}

void fgft_control_device_add(struct fgft_device *dev)
{
	int err = kobject_add(&dev->kobj, dev->mod->devices, "%s",
			      dev_name(dev->dev));

	/* Without files it is not in sysfs; hiding it knows that. */
	(void)err;
}

void fgft_control_device_hide(struct fgft_device *dev)
{
	if (dev->kobj.state_in_sysfs)
		kobject_del(&dev->kobj);
}

void fgft_control_device_remove(struct fgft_device *dev)
{
	fgft_control_device_hide(dev);
	kobject_put(&dev->kobj);
}

/* ---- a driver -------------------------------------------------------------- */

static struct fgft_module *to_module(struct kobject *kobj)
{
	return container_of(kobj, struct fgft_module, kobj);
}

COMMON_FILES(module, to_module, to_module)

static ssize_t module_last_fault_show(struct kobject *kobj,
				      struct kobj_attribute *attr, char *buf)
{
	return fgft_report_show(to_module(kobj), buf);
}

static ssize_t module_ranges_show(struct kobject *kobj,
				  struct kobj_attribute *attr, char *buf)
{
	u64 bytes[FGFT_RANGE_KINDS] = {};
	u32 count[FGFT_RANGE_KINDS] = {};
	int i, len = 0;

	fgft_domain_count(to_module(kobj), count, bytes);
	for (i = 0; i < FGFT_RANGE_KINDS; i++)
		len += sysfs_emit_at(buf, len, "%s %u %llu\n",
				     fgft_range_name(i), count[i], bytes[i]);
	return len;
}

#define SCOPE		module
#define SCOPE_TABLE	"control/module.def"
#define SCOPE_OBJECT	struct fgft_module *mod = to_module(kobj)
#include "control/files.h"

static void module_release(struct kobject *kobj)
{
	fgft_driver_free(to_module(kobj));
}

static const struct kobj_type driver_ktype = {
	.release = module_release,
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = module_groups,
};

/* ---- uevent ---------------------------------------------------------------- */

/* In a worker because a fault may be reported with interrupts off. */
static void announce_work(struct work_struct *work)
{
	fgft_report_send(container_of(work, struct fgft_module, announce));
}

void fgft_control_announce(struct fgft_module *mod)
{
	schedule_work(&mod->announce);
}

/* ---- files come and go ------------------------------------------------------- */

void fgft_control_prepare(struct fgft_module *mod)
{
	INIT_WORK(&mod->announce, announce_work);
	kobject_init(&mod->kobj, &driver_ktype);
}

int fgft_control_add(struct fgft_module *mod)
{
	struct fgft_entry_state *state;
	int err;
	u32 i;

	mod->kobj.kset = root;
	err = kobject_add(&mod->kobj, NULL, "%s", mod->module->name);
	if (err)
		return err;
	mod->entries = kobject_create_and_add("entries", &mod->kobj);
	mod->devices = kobject_create_and_add("devices", &mod->kobj);
	if (!mod->entries || !mod->devices)
		return -ENOMEM;
	for (i = 0; i < mod->nentries; i++) {
		state = &mod->states[i];
		kobject_init(&state->kobj, &entry_ktype);
		kobject_get(&mod->kobj);	/* put by entry_release() */
		mod->nexposed++;
		err = kobject_add(&state->kobj, mod->entries, "%s",
				  state->entry->name);
		if (err)
			return err;
	}
	return 0;
}

void fgft_control_quiet(struct fgft_module *mod)
{
	cancel_work_sync(&mod->announce);
}

static void directory_remove(struct kobject *directory)
{
	if (directory)
		kobject_del(directory);
	kobject_put(directory);
}

void fgft_control_remove(struct fgft_module *mod)
{
	u32 i;

	for (i = 0; i < mod->nexposed; i++) {
		if (mod->states[i].kobj.state_in_sysfs)
			kobject_del(&mod->states[i].kobj);
		kobject_put(&mod->states[i].kobj);
	}
	directory_remove(mod->entries);
	directory_remove(mod->devices);
	/* Most modules are none of ours and never got that far. */
	if (mod->kobj.state_in_sysfs)
		kobject_del(&mod->kobj);
	kobject_put(&mod->kobj);
}

struct kobject *fgft_control_root(void)
{
	return &root->kobj;
}

/**
 * fgft_control_init - make /sys/kernel/fgft
 *
 * Context: Process.
 * Return: 0, or -ENOMEM.
 */
int fgft_control_init(void)
{
	root = kset_create_and_add("fgft", NULL, kernel_kobj);
	return root ? 0 : -ENOMEM;
}

/**
 * fgft_control_exit - remove /sys/kernel/fgft
 *
 * Context: Process; no driver is known any more.
 */
void fgft_control_exit(void)
{
	kset_unregister(root);
}
