// SPDX-License-Identifier: GPL-2.0
/* Hook calls in the function at hand (cfun), before a statement or at a place. */
#ifndef ISOLATOR_INSTRUMENT_H
#define ISOLATOR_INSTRUMENT_H

#include "gcc_compat.h"

namespace isolator {

enum class Hooked { no, store, range };

/*
 * Before *@gsi writes @value, none if it is not known yet, to @ref; "no" if the
 * size of @ref is not a constant.
 */
Hooked hook_memory(gimple_stmt_iterator *gsi, tree ref, tree value);

/* Before *@gsi writes @size bytes at @address. */
void hook_range(gimple_stmt_iterator *gsi, tree address, tree size);

/*
 * For a call of the mem* and str* families: before it writes its destination.
 * False if @call is none of them; @hooked says whether a hook was needed.
 */
bool hook_string_call(gimple_stmt_iterator *gsi, gcall *call, bool &hooked);

/* Once per iteration of every loop but short counted ones; how many loops. */
unsigned hook_loops();

/* At the head of the function. */
void hook_stack();

/* Makes SSA form right again after any of the above. */
void finish_hooks();

} // namespace isolator

#endif
