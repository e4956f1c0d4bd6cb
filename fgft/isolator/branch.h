// SPDX-License-Identifier: GPL-2.0
/* The patchable jump at the head of a native entry point. */
#ifndef ISOLATOR_BRANCH_H
#define ISOLATOR_BRANCH_H

#include "unit.h"

namespace isolator {

/* The RTL pass that puts the jump in, just before branches get their lengths. */
opt_pass *make_branch_pass(const Unit &unit);

} // namespace isolator

#endif
