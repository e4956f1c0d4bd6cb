/* SPDX-License-Identifier: GPL-2.0 */
/* Mutants: faults compiled in and dormant, woken by number at run time. */
#ifndef ISOLATOR_MUTATE_H
#define ISOLATOR_MUTATE_H

#include "unit.h"

namespace isolator {

/* enum fgft_mutant_effect of include/linux/fgft_fault.h */
enum class Effect : unsigned {
	set = 1, add = 2, flip = 3, set_bits = 4, clear_bits = 5, random = 6, freed = 7,
};

/* enum fgft_mutant_act of the same header: code the driver runs in addition. */
enum class Act : unsigned {
	none = 0, use_after_free = 1, stack_smash = 2, wild_call = 3, irqs_off = 4,
	preempt_off = 5, sleep = 6, loop = 7, rcu_lock = 8,
};

/* What is done to the statement at a place when its mutant is awake. */
enum class How {
	value,		/* a value it uses is another one */
	result,		/* a value it yields is another one */
	condition,	/* a branch is decided otherwise */
	skip,		/* it is left out */
	repeat,		/* it is done twice */
	alter,		/* a changed copy is done instead */
	act_before,	/* something is done before it */
	act_after,	/* and after it */
	recurse,	/* its function begins with a call of itself */
	give_up,	/* its function returns zero at once */
};

/* Where in a statement the value is. */
enum class Slot {
	operand,	/* gimple_op() of this index */
	base,		/* pointer a memory operand of this index goes through */
};

struct MutantPlace {
	gimple *stmt;
	How how;
	Effect effect = Effect::set;
	uint64_t aux = 0;		/* operand of the effect */
	tree other = NULL_TREE;		/* the same when only the program knows it */
	Slot slot = Slot::operand;
	unsigned index = 0;
	Act act = Act::none;
	tree pointer = NULL_TREE;	/* for the act; the field for How::alter */
};

/* Everything an operator may look at in the function at hand. */
struct Scene {
	const Unit &unit;
	cgraph_node *node;
	const EntryPoint *entry;	/* NULL if the function is none */
};

/* A kind of mistake: finds the statements it can be made at. */
struct Operator {
	const char *name;
	const char *family;
	void (*find)(const Scene &scene, gimple *stmt, std::vector<MutantPlace> &places);
};

extern const std::vector<Operator> operators;

/* Put mutants into every driver function of the unit. */
void insert_mutants(Unit &unit);

} // namespace isolator

#endif
