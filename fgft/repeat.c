// SPDX-License-Identifier: GPL-2.0
/*
 * Repeats: an entry point that faults again and again.
 *
 * Undo is the right answer to a fault that was an accident.  One that comes
 * back is answered with more: each burst of so many faults in so many seconds
 * goes one step up the ladder, because the device or the driver's memory may
 * be what is wrong.  Behind the last step the entry point is quarantined: its
 * callers get its error at once, and the rest of the driver works on.
 *
 *	bursts in a row    1    2           3        4
 *	least step         pm   bus_reset   rebind   quarantine
 *
 * Seconds without a fault end the row.  The user ends a quarantine, by writing
 * to the entry's "quarantined" file.
 */
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/spinlock.h>

#include "fgft.h"

static unsigned int repeats = 16;
module_param(repeats, uint, 0600);
MODULE_PARM_DESC(repeats,
		 "faults of one entry point that make a burst, each burst climbing a step; 0: never climb (default 16)");

static unsigned int repeat_s = 10;
module_param(repeat_s, uint, 0600);
MODULE_PARM_DESC(repeat_s, "seconds a burst lasts at most (default 10)");

/* Protects the burst fields and quarantined of every entry.  Any context. */
static DEFINE_RAW_SPINLOCK(repeat_lock);

/* True with the fault that completes a burst. */
static bool burst_full(struct fgft_entry_state *state, u64 now)
{
	u64 limit = (u64)READ_ONCE(repeat_s) * NSEC_PER_SEC;

	if (now - state->fault_ns > limit)
		state->climbs = 0;
	state->fault_ns = now;
	if (!state->burst || now - state->burst_ns > limit) {
		state->burst = 0;
		state->burst_ns = now;
	}
	if (++state->burst < READ_ONCE(repeats))
		return false;
	state->burst = 0;
	return true;
}

/**
 * fgft_repeat_note - count a fault of an entry point
 * @state: the entry point
 *
 * Context: Any but NMI.
 * Return: the least step of the ladder this fault is to be answered with;
 * FGFT_STEP_FAILED if the entry point is quarantined from now on.
 */
enum fgft_step fgft_repeat_note(struct fgft_entry_state *state)
{
	enum fgft_step step = FGFT_STEP_UNDO;
	unsigned long flags;

	if (!READ_ONCE(repeats))
		return step;
	raw_spin_lock_irqsave(&repeat_lock, flags);
	if (!state->quarantined && burst_full(state, ktime_get_mono_fast_ns())) {
		step = FGFT_STEP_PM - 1 + ++state->climbs;
		/* Whoever has to come in is not kept out. */
		if (step == FGFT_STEP_FAILED &&
		    fgft_admit_passes(state->entry)) {
			step = FGFT_STEP_REBIND;
			state->climbs--;
		} else if (step == FGFT_STEP_FAILED) {
			state->climbs = 0;
			state->quarantined = true;
			atomic_inc(&state->mod->guarded);
		}
	}
	raw_spin_unlock_irqrestore(&repeat_lock, flags);
	return step;
}

static void unmute(struct fgft_device *dev, void *data)
{
	fgft_checkpoint_mute(dev, false);
}

/**
 * fgft_repeat_pardon - let an entry point be called again
 * @state: the entry point
 *
 * Context: Any but NMI.
 */
void fgft_repeat_pardon(struct fgft_entry_state *state)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&repeat_lock, flags);
	state->burst = 0;
	state->climbs = 0;
	if (state->quarantined) {
		state->quarantined = false;
		atomic_dec(&state->mod->guarded);
	}
	raw_spin_unlock_irqrestore(&repeat_lock, flags);
	fgft_checkpoint_each(state->mod, unmute, NULL);
}
