// SPDX-License-Identifier: GPL-2.0
/* Twins of reachable functions, and the calls that lead to them. */
#ifndef ISOLATOR_TWIN_H
#define ISOLATOR_TWIN_H

#include "reach.h"
#include "unit.h"

namespace isolator {

/* Makes the twins of @reach and redirects the calls inside them. */
void make_twins(Unit &unit, const Reach &reach);

/* Redirects allocations in natives, so that the runtime knows driver memory. */
void track_natives(const Unit &unit);

} // namespace isolator

#endif
