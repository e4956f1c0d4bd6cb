// SPDX-License-Identifier: GPL-2.0
/*
 * Which drivers and entry points are isolated, and the user's say in it.
 *
 * A driver registers nothing.  Every translation unit the isolator saw has a
 * struct fgft_unit, whose static key is named by an entry of the module's jump
 * table; a module notifier looks for those keys when a driver is loaded, and
 * everything the runtime wants to know about the driver hangs off what it
 * finds.  Modules without units are none of our business.
 *
 * A driver cannot be there before us: its twins link to us, so that it is
 * loaded after this module and keeps it loaded.
 *
 * Objects and who frees them: struct managed (one a driver) holds all arrays
 * and goes with its kobject; each entry's kobject holds a reference on it.
 * Readers in any context find drivers through an RCU list.
 */
#define pr_fmt(fmt) "fgft: " fmt

#include <linux/bsearch.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "fgft.h"
#include "inject.h"
#include "policy.h"
#include "report.h"

/* A driver and what only this file needs of it. */
struct managed {
	struct fgft_module mod;
	struct kobject *entries;	/* the "entries" directory */
	u32 nstates;			/* of mod.states, those initialised */
	bool going;			/* under policy_lock: settings are final */
	struct work_struct announce;
};

static struct kset *policy_root;

/* Drivers.  Written under policy_lock, read under RCU in any context. */
static LIST_HEAD(policy_modules);

/*
 * Serialises writers of policy_modules and of every entry's switch.  Taken
 * before the kernel's jump label lock; never held while a kobject is deleted,
 * which waits for writers of its attributes.
 */
static DEFINE_MUTEX(policy_lock);

/* ---- settings as text --------------------------------------------------- */

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

/* ---- finding drivers ---------------------------------------------------- */

/**
 * fgft_policy_find - the isolated driver a module is
 * @module: any module
 *
 * Context: Any; the result is good while @module cannot go.
 * Return: NULL if @module was not built for isolation.
 */
struct fgft_module *fgft_policy_find(const struct module *module)
{
	struct fgft_module *mod, *found = NULL;

	rcu_read_lock();
	list_for_each_entry_rcu(mod, &policy_modules, link) {
		if (mod->module == module) {
			found = mod;
			break;
		}
	}
	rcu_read_unlock();
	return found;
}

/**
 * fgft_policy_find_text - the isolated driver an instruction belongs to
 * @ip: any address
 *
 * Initialisation code counts: what a driver allocates there is its own.
 *
 * Context: Any, traps included; the result is good while @ip is being run.
 * Return: NULL if @ip is not in an isolated driver.
 */
struct fgft_module *fgft_policy_find_text(unsigned long ip)
{
	struct fgft_module *mod, *found = NULL;

	rcu_read_lock();
	list_for_each_entry_rcu(mod, &policy_modules, link) {
		if (ip - mod->text < mod->text_size ||
		    within_module_init(ip, mod->module)) {
			found = mod;
			break;
		}
	}
	rcu_read_unlock();
	return found;
}

static int target_compare(const void *a, const void *b)
{
	const struct fgft_target *const *x = a;
	const struct fgft_target *const *y = b;

	if ((*x)->native == (*y)->native)
		return 0;
	return (*x)->native < (*y)->native ? -1 : 1;
}

/**
 * fgft_policy_twin - where an indirect call of an isolated driver must go
 * @mod: the driver
 * @native: the address about to be called
 *
 * Context: Any, with @mod kept loaded by the caller.
 * Return: the twin, or NULL unless @native is a function of @mod whose address
 * is taken somewhere.
 */
void *fgft_policy_twin(struct fgft_module *mod, const void *native)
{
	const struct fgft_target key = { .native = (void *)native };
	const struct fgft_target *pkey = &key;
	const struct fgft_target **found;

	found = bsearch(&pkey, mod->targets, mod->ntargets,
			sizeof(*mod->targets), target_compare);
	return found ? (*found)->twin : NULL;
}

const struct fgft_entry *fgft_policy_entry(const char *module,
					   const char *function)
{
	const struct fgft_entry *found = NULL;
	struct fgft_module *mod;
	u32 i;

	mutex_lock(&policy_lock);
	list_for_each_entry(mod, &policy_modules, link) {
		if (strcmp(mod->module->name, module))
			continue;
		for (i = 0; i < mod->nentries; i++) {
			if (!strcmp(mod->states[i].entry->name, function))
				found = mod->states[i].entry;
		}
	}
	mutex_unlock(&policy_lock);
	return found;
}

/* ---- sysfs: an entry point ---------------------------------------------- */

static struct fgft_entry_state *to_state(struct kobject *kobj)
{
	return container_of(kobj, struct fgft_entry_state, kobj);
}

static struct managed *to_managed(struct fgft_module *mod)
{
	return container_of(mod, struct managed, mod);
}

static ssize_t entry_policy_show(struct kobject *kobj,
				 struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n",
			  policy_names[READ_ONCE(to_state(kobj)->on)]);
}

static ssize_t entry_policy_store(struct kobject *kobj,
				  struct kobj_attribute *attr,
				  const char *buf, size_t count)
{
	struct fgft_entry_state *state = to_state(kobj);
	ssize_t ret = count;
	bool on;

	if (policy_parse(buf, &on))
		return -EINVAL;

	mutex_lock(&policy_lock);
	if (to_managed(state->mod)->going)
		ret = -ENODEV;
	else
		entry_switch(state, on);
	mutex_unlock(&policy_lock);
	return ret;
}

static ssize_t entry_table_show(struct kobject *kobj,
				struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", to_state(kobj)->entry->table);
}

static ssize_t entry_calls_show(struct kobject *kobj,
				struct kobj_attribute *attr, char *buf)
{
	struct fgft_entry_state *state = to_state(kobj);
	u64 calls = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		calls += *per_cpu_ptr(state->calls, cpu);
	return sysfs_emit(buf, "%llu\n", calls);
}

static ssize_t entry_faults_show(struct kobject *kobj,
				 struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%lld\n",
			  atomic64_read(&to_state(kobj)->faults));
}

static struct kobj_attribute entry_policy =
	__ATTR(policy, 0600, entry_policy_show, entry_policy_store);
static struct kobj_attribute entry_table =
	__ATTR(table, 0400, entry_table_show, NULL);
static struct kobj_attribute entry_calls =
	__ATTR(calls, 0400, entry_calls_show, NULL);
static struct kobj_attribute entry_faults =
	__ATTR(faults, 0400, entry_faults_show, NULL);

static struct attribute *entry_attrs[] = {
	&entry_policy.attr,
	&entry_table.attr,
	&entry_calls.attr,
	&entry_faults.attr,
	NULL
};
ATTRIBUTE_GROUPS(entry);

static void entry_release(struct kobject *kobj)
{
	kobject_put(&to_state(kobj)->mod->kobj);
}

static const struct kobj_type entry_ktype = {
	.release = entry_release,
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = entry_groups,
};

/* ---- sysfs: a driver ---------------------------------------------------- */

static struct fgft_module *to_module(struct kobject *kobj)
{
	return container_of(kobj, struct fgft_module, kobj);
}

static ssize_t module_policy_show(struct kobject *kobj,
				  struct kobj_attribute *attr, char *buf)
{
	struct fgft_module *mod = to_module(kobj);
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

static ssize_t module_policy_store(struct kobject *kobj,
				   struct kobj_attribute *attr,
				   const char *buf, size_t count)
{
	struct fgft_module *mod = to_module(kobj);
	ssize_t ret = count;
	bool on;
	u32 i;

	if (policy_parse(buf, &on))
		return -EINVAL;

	mutex_lock(&policy_lock);
	if (to_managed(mod)->going) {
		ret = -ENODEV;
	} else {
		for (i = 0; i < mod->nentries; i++)
			entry_switch(&mod->states[i], on);
	}
	mutex_unlock(&policy_lock);
	return ret;
}

static ssize_t module_last_fault_show(struct kobject *kobj,
				      struct kobj_attribute *attr, char *buf)
{
	return fgft_report_show(to_module(kobj), buf);
}

static ssize_t module_faults_show(struct kobject *kobj,
				  struct kobj_attribute *attr, char *buf)
{
	struct fgft_module *mod = to_module(kobj);
	u64 faults;

	spin_lock_irq(&mod->fault_lock);
	faults = mod->faults;
	spin_unlock_irq(&mod->fault_lock);
	return sysfs_emit(buf, "%llu\n", faults);
}

static ssize_t module_recovering_show(struct kobject *kobj,
				      struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n",
			  fgft_recover_pending(to_module(kobj)));
}

static const char * const range_names[FGFT_RANGE_KINDS] = {
	[FGFT_RANGE_SLAB]	= "slab",
	[FGFT_RANGE_VMALLOC]	= "vmalloc",
	[FGFT_RANGE_PAGES]	= "pages",
	[FGFT_RANGE_DMA]	= "dma",
	[FGFT_RANGE_NETDEV]	= "netdev",
	[FGFT_RANGE_MMIO]	= "mmio",
	[FGFT_RANGE_OBJECT]	= "object",
};

static ssize_t module_ranges_show(struct kobject *kobj,
				  struct kobj_attribute *attr, char *buf)
{
	u64 bytes[FGFT_RANGE_KINDS] = {};
	u32 count[FGFT_RANGE_KINDS] = {};
	int i, len = 0;

	fgft_domain_count(to_module(kobj), count, bytes);
	for (i = 0; i < FGFT_RANGE_KINDS; i++)
		len += sysfs_emit_at(buf, len, "%s %u %llu\n", range_names[i],
				     count[i], bytes[i]);
	return len;
}

static struct kobj_attribute module_policy =
	__ATTR(policy, 0600, module_policy_show, module_policy_store);
static struct kobj_attribute module_last_fault =
	__ATTR(last_fault, 0400, module_last_fault_show, NULL);
static struct kobj_attribute module_faults =
	__ATTR(faults, 0400, module_faults_show, NULL);
static struct kobj_attribute module_recovering =
	__ATTR(recovering, 0400, module_recovering_show, NULL);
static struct kobj_attribute module_ranges =
	__ATTR(ranges, 0400, module_ranges_show, NULL);

static struct attribute *module_attrs[] = {
	&module_policy.attr,
	&module_last_fault.attr,
	&module_faults.attr,
	&module_recovering.attr,
	&module_ranges.attr,
	NULL
};
ATTRIBUTE_GROUPS(module);

static void driver_release(struct kobject *kobj)
{
	struct fgft_module *mod = to_module(kobj);
	u32 i;

	for (i = 0; i < mod->nentries; i++)
		free_percpu(mod->states[i].calls);
	kfree(mod->states);
	kfree(mod->units);
	kvfree(mod->targets);
	kfree(to_managed(mod));
}

static const struct kobj_type driver_ktype = {
	.release = driver_release,
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = module_groups,
};

/* ---- uevent ------------------------------------------------------------- */

/* In a worker because a fault may be reported with interrupts off. */
static void announce_work(struct work_struct *work)
{
	fgft_report_send(&container_of(work, struct managed, announce)->mod);
}

void fgft_policy_announce(struct fgft_module *mod)
{
	schedule_work(&to_managed(mod)->announce);
}

/* ---- reading what the isolator wrote ------------------------------------ */

static bool inside(const struct module *module, const void *start, u64 count,
		   size_t size)
{
	u64 bytes;

	if (!count)
		return true;
	if (check_mul_overflow(count, (u64)size, &bytes) || bytes > INT_MAX)
		return false;
	return within_module_core((unsigned long)start, module) &&
	       within_module_core((unsigned long)start + bytes - 1, module);
}

/*
 * The unit around a static key, NULL if there is none.  Keys of other kinds
 * are much more common: nothing is believed before the magic has been seen.
 */
static struct fgft_unit *unit_of(const struct module *module,
				 struct static_key *key)
{
	struct fgft_unit *unit = (struct fgft_unit *)key;

	if (!inside(module, unit, 1, sizeof(*unit)) ||
	    unit->magic != FGFT_ABI_MAGIC)
		return NULL;
	return unit;
}

static bool unit_is_sane(const struct module *module,
			 const struct fgft_unit *unit)
{
	return inside(module, unit->entries, unit->nentries,
		      sizeof(*unit->entries)) &&
	       inside(module, unit->targets, unit->ntargets,
		      sizeof(*unit->targets)) &&
	       inside(module, unit->regs, unit->nregs, sizeof(*unit->regs));
}

static bool unit_is_known(const struct fgft_module *mod,
			  const struct fgft_unit *unit)
{
	u32 i;

	for (i = 0; i < mod->nunits; i++) {
		if (mod->units[i] == unit)
			return true;
	}
	return false;
}

/* Fill mod->units and the totals; -ENOENT if the module has no unit. */
static int collect_units(struct fgft_module *mod)
{
	const struct module *module = mod->module;
	struct fgft_unit *unit;
	u32 i, n = 0;

	for (i = 0; i < module->num_jump_entries; i++) {
		if (unit_of(module, jump_entry_key(&module->jump_entries[i])))
			n++;
	}
	if (!n)
		return -ENOENT;

	mod->units = kcalloc(n, sizeof(*mod->units), GFP_KERNEL);
	if (!mod->units)
		return -ENOMEM;
	for (i = 0; i < module->num_jump_entries; i++) {
		unit = unit_of(module, jump_entry_key(&module->jump_entries[i]));
		if (!unit || unit_is_known(mod, unit))
			continue;
		if (!unit_is_sane(module, unit)) {
			pr_err("%s: isolation records are damaged: build the driver again\n",
			       module->name);
			return -ENOEXEC;
		}
		mod->units[mod->nunits++] = unit;
		mod->nentries += unit->nentries;
		mod->ntargets += unit->ntargets;
	}
	return 0;
}

static int collect_targets(struct fgft_module *mod)
{
	u32 i, n = 0;
	u64 j;

	mod->targets = kvcalloc(mod->ntargets, sizeof(*mod->targets),
				GFP_KERNEL);
	if (!mod->targets)
		return mod->ntargets ? -ENOMEM : 0;
	for (i = 0; i < mod->nunits; i++) {
		for (j = 0; j < mod->units[i]->ntargets; j++)
			mod->targets[n++] = &mod->units[i]->targets[j];
	}
	sort(mod->targets, n, sizeof(*mod->targets), target_compare, NULL);
	return 0;
}

static bool entry_is_known(const struct fgft_module *mod, u32 n,
			   const char *name)
{
	u32 i;

	for (i = 0; i < n; i++) {
		if (!strcmp(mod->states[i].entry->name, name))
			return true;
	}
	return false;
}

static int collect_entries(struct fgft_module *mod)
{
	struct fgft_entry_state *state;
	struct fgft_entry *entry;
	u32 i, n = 0;
	u64 j;

	mod->states = kcalloc(mod->nentries, sizeof(*mod->states), GFP_KERNEL);
	if (!mod->states)
		return mod->nentries ? -ENOMEM : 0;
	for (i = 0; i < mod->nunits; i++) {
		for (j = 0; j < mod->units[i]->nentries; j++) {
			entry = &mod->units[i]->entries[j];
			/* Users, scripts and sysfs tell entries by name. */
			if (entry_is_known(mod, n, entry->name)) {
				pr_err("%s: two entry points are called '%s': rename one or isolate neither\n",
				       mod->module->name, entry->name);
				return -EEXIST;
			}
			state = &mod->states[n++];
			state->entry = entry;
			state->mod = mod;
			state->calls = alloc_percpu(u64);
			if (!state->calls)
				return -ENOMEM;
			state->result = fgft_class_result(entry);
			entry->state = state;
		}
	}
	return 0;
}

/* ---- drivers come and go ------------------------------------------------ */

static int managed_expose(struct managed *m)
{
	struct fgft_module *mod = &m->mod;
	struct fgft_entry_state *state;
	int err;
	u32 i;

	mod->kobj.kset = policy_root;
	err = kobject_add(&mod->kobj, NULL, "%s", mod->module->name);
	if (err)
		return err;
	m->entries = kobject_create_and_add("entries", &mod->kobj);
	if (!m->entries)
		return -ENOMEM;
	for (i = 0; i < mod->nentries; i++) {
		state = &mod->states[i];
		kobject_init(&state->kobj, &entry_ktype);
		kobject_get(&mod->kobj);	/* put by entry_release() */
		m->nstates++;
		err = kobject_add(&state->kobj, m->entries, "%s",
				  state->entry->name);
		if (err)
			return err;
	}
	return 0;
}

/* Take back managed_expose(), however far it came, and free the driver. */
static void managed_remove(struct managed *m)
{
	u32 i;

	for (i = 0; i < m->nstates; i++) {
		if (m->mod.states[i].kobj.state_in_sysfs)
			kobject_del(&m->mod.states[i].kobj);
		kobject_put(&m->mod.states[i].kobj);
	}
	if (m->entries) {
		kobject_del(m->entries);
		kobject_put(m->entries);
	}
	/* Most modules are none of ours and never got that far. */
	if (m->mod.kobj.state_in_sysfs)
		kobject_del(&m->mod.kobj);
	kobject_put(&m->mod.kobj);
}

static int module_coming(struct module *module)
{
	struct fgft_module *mod;
	struct managed *m;
	u32 i;
	int err;

	m = kzalloc(sizeof(*m), GFP_KERNEL);
	if (!m)
		return -ENOMEM;
	mod = &m->mod;
	mod->module = module;
	spin_lock_init(&mod->fault_lock);
	INIT_WORK(&m->announce, announce_work);
	kobject_init(&mod->kobj, &driver_ktype);
	fgft_compat_text(module, &mod->text, &mod->text_size);
	fgft_compat_data(module, &mod->data, &mod->data_size);

	err = collect_units(mod);
	if (err)
		goto fail;
	err = collect_targets(mod);
	if (err)
		goto fail;
	err = collect_entries(mod);
	if (err)
		goto fail;
	err = managed_expose(m);
	if (err)
		goto fail;

	mutex_lock(&policy_lock);
	list_add_tail_rcu(&mod->link, &policy_modules);
	for (i = 0; i < mod->nentries; i++)
		entry_switch(&mod->states[i], policy_default);
	mutex_unlock(&policy_lock);
	return 0;

fail:
	managed_remove(m);
	return err == -ENOENT ? 0 : err;
}

/*
 * The driver's exit function has returned (or its init function failed): it
 * has unregistered its entry points, so that no call can begin.  One may still
 * be on its way out.
 */
static void wait_for_calls(struct fgft_module *mod)
{
	unsigned long patience = jiffies + 10 * HZ;
	int calls;

	while ((calls = atomic_read(&mod->inside))) {
		usleep_range(1000, 2000);
		if (time_after(jiffies, patience)) {
			pr_warn("%s: waiting for %d isolated calls to return before it can go\n",
				mod->module->name, calls);
			patience = jiffies + 60 * HZ;
		}
	}
}

static void module_going(struct module *module)
{
	struct fgft_module *mod = fgft_policy_find(module);
	struct managed *m;
	u32 i;

	if (!mod)
		return;
	m = to_managed(mod);

	mutex_lock(&policy_lock);
	m->going = true;
	for (i = 0; i < mod->nentries; i++) {
		entry_switch(&mod->states[i], false);
		fgft_inject_forget(mod->states[i].entry);
	}
	mutex_unlock(&policy_lock);

	wait_for_calls(mod);
	fgft_recover_flush(mod);
	fgft_checkpoint_forget_module(mod);
	fgft_domain_remove_module(mod);
	cancel_work_sync(&m->announce);

	mutex_lock(&policy_lock);
	list_del_rcu(&mod->link);
	mutex_unlock(&policy_lock);
	synchronize_rcu();
	managed_remove(m);
}

static int module_notify(struct notifier_block *nb, unsigned long state,
			 void *data)
{
	switch (state) {
	case MODULE_STATE_COMING:
		return notifier_from_errno(module_coming(data));
	case MODULE_STATE_GOING:
		module_going(data);
		break;
	}
	return NOTIFY_OK;
}

/*
 * Default priority: behind the jump label code, which must know the module's
 * keys before one of them is switched.
 */
static struct notifier_block policy_nb = {
	.notifier_call = module_notify,
};

struct kobject *fgft_policy_root(void)
{
	return &policy_root->kobj;
}

int fgft_policy_init(void)
{
	int err;

	policy_root = kset_create_and_add("fgft", NULL, kernel_kobj);
	if (!policy_root)
		return -ENOMEM;
	err = register_module_notifier(&policy_nb);
	if (err)
		kset_unregister(policy_root);
	return err;
}

/* Drivers hold a reference on this module: none is left when it goes. */
void fgft_policy_exit(void)
{
	unregister_module_notifier(&policy_nb);
	kset_unregister(policy_root);
}
