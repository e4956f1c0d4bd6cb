// SPDX-License-Identifier: GPL-2.0
/* Which functions of the unit an isolated call can reach. */
#ifndef ISOLATOR_REACH_H
#define ISOLATOR_REACH_H

#include "unit.h"

namespace isolator {

struct Reached {
	cgraph_node *node;
	std::string root;	/* entry or external function it is reached from */
	bool is_root;
};

struct Reach {
	std::vector<Reached> functions;		   /* each needs a twin */
	std::vector<cgraph_node *> address_taken;  /* by reachable bodies, no order */
};

Reach find_reach(const Unit &unit);

/* How a function must be called from a twin. */
enum class Callee {
	row,		/* by its row of the kernel-API table */
	twin,		/* a function of this unit that gets a twin */
	other_unit,	/* a driver function of another unit */
	as_is,		/* a compiler builtin, or left for the late pass to judge */
};

Callee classify_callee(const Unit &unit, tree decl);

} // namespace isolator

#endif
