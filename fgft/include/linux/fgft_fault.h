/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The faults an injection build can strike with.
 *
 * Shared by fgft.ko, which picks one (fgft/inject.c), and by the driver, which
 * executes it in its own instructions (fgft_strike.h).  The numbers travel in
 * the result of __fgft_inject_site(): both sides are built from this header.
 */
#ifndef _LINUX_FGFT_FAULT_H
#define _LINUX_FGFT_FAULT_H

/**
 * enum fgft_fault_kind - what the driver does wrong when struck
 * @FGFT_FAULT_NONE: nothing: the site is passed and only counted
 * @FGFT_FAULT_NULL_LOAD: loads through a NULL pointer
 * @FGFT_FAULT_WILD_STORE: stores into the data of another module
 * @FGFT_FAULT_DIVIDE: divides by zero
 * @FGFT_FAULT_BUG: runs into BUG()
 * @FGFT_FAULT_LOOP: loops for ever
 * @FGFT_FAULT_WILD_ARGUMENT: hands a wild pointer to a kernel function
 * @FGFT_FAULT_COUNT: how many there are
 */
enum fgft_fault_kind {
	FGFT_FAULT_NONE,
	FGFT_FAULT_NULL_LOAD,
	FGFT_FAULT_WILD_STORE,
	FGFT_FAULT_DIVIDE,
	FGFT_FAULT_BUG,
	FGFT_FAULT_LOOP,
	FGFT_FAULT_WILD_ARGUMENT,
	FGFT_FAULT_COUNT
};

/* What a site stands behind: bits 28 and up of its number. */
#define FGFT_SITE_SHIFT		28
#define FGFT_SITE_STORE		1	/* a store to memory that outlives the call */
#define FGFT_SITE_WRITE		2	/* a device write */
#define FGFT_SITE_RETURN	3	/* just before an entry point returns */

/**
 * enum fgft_mutant_effect - what an awake mutant makes of a value
 * @FGFT_MUTANT_SET: the operand instead
 * @FGFT_MUTANT_ADD: the operand is added
 * @FGFT_MUTANT_FLIP: the operand's bits are inverted
 * @FGFT_MUTANT_SET_BITS: the operand's bits are set
 * @FGFT_MUTANT_CLEAR_BITS: the operand's bits are cleared
 * @FGFT_MUTANT_RANDOM: a random number instead, the same for one arming
 * @FGFT_MUTANT_FREED: the address of memory that has been freed
 * @FGFT_MUTANT_EFFECTS: one more than the last
 *
 * A mutant that changes no value but what is done has SET with operand one.
 */
enum fgft_mutant_effect {
	FGFT_MUTANT_SET = 1,
	FGFT_MUTANT_ADD,
	FGFT_MUTANT_FLIP,
	FGFT_MUTANT_SET_BITS,
	FGFT_MUTANT_CLEAR_BITS,
	FGFT_MUTANT_RANDOM,
	FGFT_MUTANT_FREED,
	FGFT_MUTANT_EFFECTS
};

#define FGFT_MUTANT_SHIFT	24

/*
 * What an effect that is a function of its operand makes of @value: the value
 * itself of all others.
 */
static inline unsigned long long
fgft_mutant_apply(unsigned int number, unsigned long long value,
		  unsigned long long operand)
{
	switch (number >> FGFT_MUTANT_SHIFT) {
	case FGFT_MUTANT_SET:
		return operand;
	case FGFT_MUTANT_ADD:
		return value + operand;
	case FGFT_MUTANT_FLIP:
		return value ^ operand;
	case FGFT_MUTANT_SET_BITS:
		return value | operand;
	case FGFT_MUTANT_CLEAR_BITS:
		return value & ~operand;
	default:
		return value;
	}
}

#define FGFT_MUTANTS_COVER	(~0ULL)	/* all dormant, those passed are noted */

/**
 * enum fgft_mutant_act - what a driver does in addition when a mutant is awake
 * @FGFT_ACT_NONE: nothing
 * @FGFT_ACT_USE_AFTER_FREE: stores through a pointer it has just freed
 * @FGFT_ACT_STACK_SMASH: writes over the return addresses of its callers
 * @FGFT_ACT_WILD_CALL: calls what is no function
 * @FGFT_ACT_IRQS_OFF: turns interrupts off and leaves it at that
 * @FGFT_ACT_PREEMPT_OFF: the same with preemption
 * @FGFT_ACT_SLEEP: sleeps, whatever it holds
 * @FGFT_ACT_LOOP: loops for ever
 * @FGFT_ACT_RCU_LOCK: enters an RCU read side it never leaves
 * @FGFT_ACT_COUNT: how many there are
 */
enum fgft_mutant_act {
	FGFT_ACT_NONE,
	FGFT_ACT_USE_AFTER_FREE,
	FGFT_ACT_STACK_SMASH,
	FGFT_ACT_WILD_CALL,
	FGFT_ACT_IRQS_OFF,
	FGFT_ACT_PREEMPT_OFF,
	FGFT_ACT_SLEEP,
	FGFT_ACT_LOOP,
	FGFT_ACT_RCU_LOCK,
	FGFT_ACT_COUNT
};

/* Data of another module than the driver: where wild stores go. */
extern unsigned long *fgft_inject_victim;

#endif /* _LINUX_FGFT_FAULT_H */
