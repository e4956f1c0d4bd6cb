// SPDX-License-Identifier: GPL-2.0
/*
 * Finding drivers that were built for isolation.
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
 * struct fgft_module holds all arrays and goes with its kobject (control.c);
 * readers in any context find drivers through an RCU list.
 */
#define pr_fmt(fmt) "fgft: " fmt

#include <linux/bsearch.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "compat.h"
#include "control.h"
#include "driver.h"
#include "dump.h"
#include "fgft.h"
#include "inject.h"
#include "policy.h"
#include "report.h"

/* Drivers.  Written under drivers_lock, read under RCU in any context. */
static LIST_HEAD(drivers);
static DEFINE_MUTEX(drivers_lock);

/* ---- finding them again ------------------------------------------------- */

/**
 * fgft_driver_find - the isolated driver a module is
 * @module: any module
 *
 * Context: Any; the result is good while @module cannot go.
 * Return: NULL if @module was not built for isolation.
 */
struct fgft_module *fgft_driver_find(const struct module *module)
{
	struct fgft_module *mod, *found = NULL;

	rcu_read_lock();
	list_for_each_entry_rcu(mod, &drivers, link) {
		if (mod->module == module) {
			found = mod;
			break;
		}
	}
	rcu_read_unlock();
	return found;
}

/**
 * fgft_driver_find_text - the isolated driver an instruction belongs to
 * @ip: any address
 *
 * Initialisation code counts: what a driver allocates there is its own.
 *
 * Context: Any, traps included; the result is good while @ip is being run.
 * Return: NULL if @ip is not in an isolated driver.
 */
struct fgft_module *fgft_driver_find_text(unsigned long ip)
{
	struct fgft_module *mod, *found = NULL;

	rcu_read_lock();
	list_for_each_entry_rcu(mod, &drivers, link) {
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
 * fgft_driver_twin - where an indirect call of an isolated driver must go
 * @mod: the driver
 * @native: the address about to be called
 *
 * Context: Any, with @mod kept loaded by the caller.
 * Return: the twin, or NULL unless @native is a function of @mod whose address
 * is taken somewhere.
 */
void *fgft_driver_twin(struct fgft_module *mod, const void *native)
{
	const struct fgft_target key = { .native = (void *)native };
	const struct fgft_target *pkey = &key;
	const struct fgft_target **found;

	found = bsearch(&pkey, mod->targets, mod->ntargets,
			sizeof(*mod->targets), target_compare);
	return found ? (*found)->twin : NULL;
}

/**
 * fgft_driver_body - a function of a driver, as it is without isolation
 * @mod: the driver
 * @native: the function, an entry point or not
 *
 * Context: Any, with @mod kept loaded by the caller.
 * Return: what calls it natively, whatever the policy says.
 */
void *fgft_driver_body(const struct fgft_module *mod, const void *native)
{
	u32 i;

	for (i = 0; i < mod->nentries; i++)
		if (mod->states[i].entry->native == native)
			return mod->states[i].body;
	return (void *)native;
}

/**
 * fgft_driver_entry - an entry point by name
 * @module: name of the driver
 * @function: name of the entry point
 *
 * The result may be compared with later, but not dereferenced: the driver may
 * be gone.
 *
 * Context: Process.
 * Return: NULL if no such driver is loaded or it has no such entry point.
 */
const struct fgft_entry *fgft_driver_entry(const char *module,
					   const char *function)
{
	const struct fgft_entry *found = NULL;
	struct fgft_module *mod;
	u32 i;

	mutex_lock(&drivers_lock);
	list_for_each_entry(mod, &drivers, link) {
		if (strcmp(mod->module->name, module))
			continue;
		for (i = 0; i < mod->nentries; i++) {
			if (!strcmp(mod->states[i].entry->name, function))
				found = mod->states[i].entry;
		}
	}
	mutex_unlock(&drivers_lock);
	return found;
}

/**
 * fgft_driver_get - a driver by name, kept loaded
 * @module: name of the driver
 *
 * Context: Process.
 * Return: NULL if no such driver is loaded; else put it again.
 */
struct fgft_module *fgft_driver_get(const char *module)
{
	struct fgft_module *mod, *found = NULL;

	mutex_lock(&drivers_lock);
	list_for_each_entry(mod, &drivers, link) {
		if (!strcmp(mod->module->name, module) &&
		    try_module_get(mod->module))
			found = mod;
	}
	mutex_unlock(&drivers_lock);
	return found;
}

/**
 * fgft_driver_put - the driver may go
 * @mod: what fgft_driver_get() gave
 *
 * Context: Process.
 */
void fgft_driver_put(struct fgft_module *mod)
{
	module_put(mod->module);
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
	       inside(module, unit->regs, unit->nregs, sizeof(*unit->regs)) &&
	       inside(module, unit->mutants, !!unit->mutants,
		      sizeof(*unit->mutants));
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

/* Where the native functions go on behind their branches. */
static int collect_bodies(struct fgft_module *mod)
{
	const struct module *module = mod->module;
	struct fgft_entry_state *state;
	struct jump_entry *jump;
	u32 i, j;

	for (i = 0; i < mod->nentries; i++) {
		state = &mod->states[i];
		for (j = 0; j < module->num_jump_entries; j++) {
			jump = &module->jump_entries[j];
			if (jump_entry_key(jump) == &state->entry->key.key)
				state->body = (void *)(jump_entry_code(jump) +
						       FGFT_BRANCH_SIZE);
		}
		if (!state->body) {
			pr_err("%s: no branch leads to '%s': build the driver again\n",
			       module->name, state->entry->name);
			return -ENOEXEC;
		}
	}
	return 0;
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
			state->commits = alloc_percpu(u64);
			state->window = alloc_percpu(struct fgft_window);
			if (!state->commits || !state->window)
				return -ENOMEM;
			fgft_outcome_find(entry, &state->outcome);
			state->locator = fgft_class_locator(entry);
			entry->state = state;
		}
	}
	return collect_bodies(mod);
}

/**
 * fgft_driver_free - give the memory of a driver's record back
 * @mod: the record, known to nobody any more
 *
 * Context: Process.
 */
void fgft_driver_free(struct fgft_module *mod)
{
	u32 i;

	for (i = 0; i < mod->nentries; i++) {
		free_percpu(mod->states[i].commits);
		free_percpu(mod->states[i].window);
	}
	free_percpu(mod->inside);
	kfree(mod->states);
	kfree(mod->units);
	kvfree(mod->targets);
	kfree(mod);
}

/* ---- drivers come and go ------------------------------------------------ */

static int module_coming(struct module *module)
{
	struct fgft_module *mod;
	int err;

	mod = kzalloc(sizeof(*mod), GFP_KERNEL);
	if (!mod)
		return -ENOMEM;
	mod->module = module;
	spin_lock_init(&mod->fault_lock);
	fgft_control_prepare(mod);
	fgft_compat_text(module, &mod->text, &mod->text_size);
	fgft_compat_data(module, &mod->data, &mod->data_size);

	err = collect_units(mod);
	if (err)
		goto fail;
	mod->inside = alloc_percpu(int);
	if (!mod->inside) {
		err = -ENOMEM;
		goto fail;
	}
	err = collect_targets(mod);
	if (err)
		goto fail;
	err = collect_entries(mod);
	if (err)
		goto fail;
	err = fgft_control_add(mod);
	if (err)
		goto fail;

	mutex_lock(&drivers_lock);
	list_add_tail_rcu(&mod->link, &drivers);
	mutex_unlock(&drivers_lock);
	fgft_policy_start(mod);
	return 0;

fail:
	fgft_control_remove(mod);
	return err == -ENOENT ? 0 : err;
}

/**
 * fgft_driver_inside - how many calls of a driver are running
 * @mod: the driver
 *
 * A call that begins on a CPU looked at and ends on one that is not yet is
 * counted: when no call can begin the sum is never too small.
 *
 * Context: Any.
 * Return: their number.
 */
int fgft_driver_inside(const struct fgft_module *mod)
{
	int cpu, calls = 0;

	for_each_possible_cpu(cpu)
		calls += READ_ONCE(*per_cpu_ptr(mod->inside, cpu));
	return calls;
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

	while ((calls = fgft_driver_inside(mod))) {
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
	struct fgft_module *mod = fgft_driver_find(module);
	u32 i;

	if (!mod)
		return;
	fgft_policy_stop(mod);
	for (i = 0; i < mod->nentries; i++)
		fgft_inject_forget(mod->states[i].entry);
	fgft_mutant_forget(mod);

	fgft_finish_abandon(mod);
	/* A native exit function has not asked. */
	fgft_ending_leave(mod);
	wait_for_calls(mod);
	fgft_recover_flush();
	fgft_report_flush();
	fgft_dump_purge(mod);
	fgft_checkpoint_forget_module(mod);
	fgft_domain_remove_module(mod);
	fgft_control_quiet(mod);

	mutex_lock(&drivers_lock);
	list_del_rcu(&mod->link);
	mutex_unlock(&drivers_lock);
	synchronize_rcu();
	fgft_control_remove(mod);
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
static struct notifier_block driver_nb = {
	.notifier_call = module_notify,
};

/**
 * fgft_driver_init - look at every module that is loaded from now on
 *
 * Context: Process.
 * Return: 0, or the error of the module notifier.
 */
int fgft_driver_init(void)
{
	return register_module_notifier(&driver_nb);
}

/**
 * fgft_driver_exit - look no more
 *
 * Drivers hold a reference on this module: none is left when it goes.
 *
 * Context: Process.
 */
void fgft_driver_exit(void)
{
	unregister_module_notifier(&driver_nb);
}
