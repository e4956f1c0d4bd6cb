// SPDX-License-Identifier: GPL-2.0
/*
 * Endings: what follows the abort of an entry point whose error does not put
 * things right by itself, by class/endings.def.
 *
 *	AGAIN		the first abort: rolled back, and run once more at once
 *	  then RETURN	the second one ends as any other
 *	UNACKED		as AGAIN, if the device does not tell once more what it has
 *			told the aborted call
 *	PIN		the first abort as AGAIN
 *	  then FINISH	the second one: the caller goes on as if all was given up,
 *			the driver has kept it, and is called once more (finish.c)
 *	  then PIN	that failed too, or there is no such call: its module stays
 *			for good
 *	ANEW		the first abort as AGAIN
 *	  then ANEW	the second one: a restore does what was asked for, and its
 *			caller, who would give up the driver's memory, is told that
 *			it went well
 *	UNBOUND		nothing to restore, the device is nobody's
 *	ASLEEP		restored by the second half of the PM callbacks alone
 *
 * A module that stays cannot be unloaded.  If its unloading has begun already
 * there is no way back for the kernel: that task is kept in the exit function.
 */
#include <linux/module.h>
#include <linux/sched.h>

#include "fgft.h"

static struct fgft_device *call_device(const struct fgft_call *call)
{
	return call->dev ?: fgft_checkpoint_of(call->mod, call->entry,
					       call->frame->args);
}

/* No DMA while memory the device knows of changes hands. */
static void silence(struct fgft_call *call)
{
	if (!call->dev || READ_ONCE(call->dev->away))
		return;
	fgft_checkpoint_silence(call->dev);
	call->silenced = true;
}

static enum fgft_ending call_ending(struct fgft_call *call, enum fgft_step step)
{
	enum fgft_ending ending = call->entry->state->outcome.ending;

	/* A restore has the device forget what it told. */
	if (ending == FGFT_ENDING_UNACKED)
		return call->unacked && !call->again && step < FGFT_STEP_PM ?
			       FGFT_ENDING_AGAIN : FGFT_ENDING_RETURN;

	if (ending == FGFT_ENDING_AGAIN || ending == FGFT_ENDING_PIN) {
		if (!call->again)
			return FGFT_ENDING_AGAIN;
		if (ending == FGFT_ENDING_AGAIN)
			return FGFT_ENDING_RETURN;
	}
	if (ending == FGFT_ENDING_LOST && !call->again)
		return FGFT_ENDING_AGAIN;
	/* It is the restore that wants to know whether it went well. */
	if (ending == FGFT_ENDING_ANEW && call->again)
		return call->restores ? FGFT_ENDING_RETURN : FGFT_ENDING_ANEW;
	if (ending == FGFT_ENDING_ANEW)
		return FGFT_ENDING_AGAIN;
	return ending;
}

/**
 * fgft_ending_plan - decide what follows an abort
 * @call: aborted call, nothing rolled back yet
 * @step: what it needs otherwise
 *
 * Context: Inside @call.
 * Return: the ending; FGFT_ENDING_RETURN for the usual one.
 */
enum fgft_ending fgft_ending_plan(struct fgft_call *call, enum fgft_step step)
{
	enum fgft_ending ending = call_ending(call, step);

	switch (ending) {
	case FGFT_ENDING_RETURN:
	case FGFT_ENDING_UNACKED:
		break;
	case FGFT_ENDING_ANEW:
		call->dev = call_device(call);
		if (!call->dev)
			return FGFT_ENDING_RETURN;
		call->fault.result = 0;
		break;
	case FGFT_ENDING_LOST:
		call->dev = call_device(call);
		break;
	case FGFT_ENDING_AGAIN:
	case FGFT_ENDING_UNBOUND:
		if (step >= FGFT_STEP_PM)
			silence(call);
		break;
	case FGFT_ENDING_PIN:
		call->dev = call_device(call);
		if (fgft_finish_expect(call))
			return FGFT_ENDING_FINISH;
		silence(call);
		if (call->dev) {
			if (!xchg(&call->dev->failed, true))
				atomic_inc(&call->mod->guarded);
			fgft_quiesce_start(call->dev);
		}
		break;
	case FGFT_ENDING_FINISH:
		break;
	case FGFT_ENDING_ASLEEP:
		call->dev = call_device(call);
		if (!call->dev)
			return FGFT_ENDING_RETURN;
		call->dev->down = true;
		break;
	}
	return ending;
}

/**
 * fgft_ending_step - the step of the ladder an ending asks for
 * @ending: the ending
 * @step: the step without it
 *
 * Context: Any.
 * Return: the step.
 */
enum fgft_step fgft_ending_step(enum fgft_ending ending, enum fgft_step step)
{
	switch (ending) {
	case FGFT_ENDING_RETURN:
	case FGFT_ENDING_UNACKED:
		return step;
	case FGFT_ENDING_AGAIN:
		return FGFT_STEP_AGAIN;
	case FGFT_ENDING_PIN:
	case FGFT_ENDING_FINISH:	/* until it has gone well */
		return FGFT_STEP_FAILED;
	case FGFT_ENDING_UNBOUND:
		return FGFT_STEP_UNDO;
	case FGFT_ENDING_ASLEEP:
		return FGFT_STEP_PM;
	case FGFT_ENDING_LOST:
	case FGFT_ENDING_ANEW:
		return max(step, FGFT_STEP_PM);
	}
	return step;
}

/**
 * fgft_ending_pin - a driver has kept what its caller has given up
 * @mod: the driver
 *
 * Context: Any.
 */
void fgft_ending_pin(struct fgft_module *mod)
{
	if (!xchg(&mod->pinned, true))
		__module_get(mod->module);
}

/**
 * fgft_ending_leave - is a driver that must stay being unloaded?
 * @mod: the driver, its exit function is through
 *
 * Does not return for one that must stay: what it has registered would be left
 * without code.
 *
 * Context: Process.
 */
void fgft_ending_leave(struct fgft_module *mod)
{
	while (READ_ONCE(mod->pinned))
		schedule_timeout_idle(MAX_SCHEDULE_TIMEOUT);
}
